use super::*;
use std::time::Instant;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures; LYREBIRD_MEASURE names the URL"]
async fn measure() {
    let url = std::env::var("LYREBIRD_MEASURE").unwrap();
    let http = Http::new(&crate::config::Http::default(), &[]).unwrap();
    let request = MediaRequest {
        room_host: HostPort::from_url(&url),
        url,
        headers: vec![],
        user_headers: vec![],
        overrides: Overrides::default(),
        stall: Duration::from_secs(15),
    };
    let task = tokio::spawn(async move {
        let mut media = http.media(request).await.unwrap();
        let (mut chunks, start) = (0, Instant::now());
        let mut most = 0;
        while let Some(chunk) = media.chunk().await.unwrap() {
            chunks += 1;
            most = most.max(chunk.len());
        }
        let mib = media.received() as f64 / 1048576.0;
        let cpu = std::fs::read_to_string("/proc/self/stat").unwrap();
        let cpu: Vec<&str> = cpu.split(' ').collect();
        println!(
            "{mib:.0} MiB in {:?}, {chunks} chunks, mean {:.0}, most {most}; user {} sys {} ticks",
            start.elapsed(),
            media.received() as f64 / chunks as f64,
            cpu[13],
            cpu[14]
        );
    });
    task.await.unwrap();
}

use super::*;

#[tokio::test]
async fn the_judge_is_the_guard() {
    let judge = Judge::new(&[String::from("10.0.0.0/8")]).unwrap();
    let url = |text: &str| Url::parse(text).unwrap();
    let [public, private] = ["1.1.1.1", "127.0.0.1"].map(|text| text.parse::<IpAddr>().unwrap());
    assert_eq!(judge.url(&url("http://1.1.1.1/")).await, (Verdict::Public, vec![public]));
    assert_eq!(judge.url(&url("http://10.0.0.1/")).await.0, Verdict::Permitted);
    assert_eq!(judge.url(&url("http://a.example/")).await, (Verdict::Public, Vec::new()));
    assert!(matches!(judge.url(&url("http://localhost/")).await.0, Verdict::Denied(_)));
    let target = HostPort::parse("a.example:80").unwrap();
    assert_eq!(judge.addresses(&target, &[public]), Verdict::Public);
    assert!(matches!(judge.addresses(&target, &[public, private]), Verdict::Denied(_)));
    assert_eq!(split("A.example:80").unwrap(), (String::from("a.example"), Some(80)));
}

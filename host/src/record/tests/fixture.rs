//! Streams as text, in the engine's words.

use lyrebird_flv::text::stream;

/// The tags, without an FLV header before them.
pub(crate) fn tags(text: &str) -> Vec<u8> {
    stream(&format!("nohead\n{text}")).unwrap()
}

/// The same with an FLV header.
pub(crate) fn whole(text: &str) -> Vec<u8> {
    stream(text).unwrap()
}

/// Seconds of a stream, one group a second, 25 frames and 10 sounds each; no two frames are alike.
pub(crate) fn seconds(from: u32, to: u32) -> String {
    let mut lines = String::new();
    for second in from..to {
        for frame in 0..25 {
            let time = second * 1_000 + frame * 40;
            lines.push_str(&format!("V {time} {} #{time:x}\n", if frame == 0 { "key 9000" } else { "700" }));
            if frame % 5 == 0 {
                lines.push_str(&format!("A {time} #{time:x}\nA {} #{time:x}1\n", time + 100));
            }
        }
    }
    lines
}

/// Both decoder configurations.
pub(crate) const HEADERS: &str = "V 0 header 720p\nA 0 header\n";

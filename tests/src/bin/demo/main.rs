//! `cargo xtask demo`: two broadcasts from before their start to after their end, watched by the real program through
//! the real plugins, told in plain words, and verified frame by frame. Exit code 1 when anything is not as it should be.
#![allow(clippy::print_stdout, reason = "it tells a story")]

mod broadcast;
mod files;
mod notices;
mod scenes;
mod stage;
mod table;
mod teller;

use std::process::ExitCode;

use stage::Stage;
use teller::Teller;

fn main() -> ExitCode {
    let mut teller = Teller::default();
    match tell(&mut teller) {
        Ok(()) if teller.failed() == 0 => {
            println!("\nAll {} checks are ok: what was sent is in files that play, and every notice", teller.done());
            println!("was posted once and taken back once.");
            ExitCode::SUCCESS
        }
        Ok(()) => {
            println!("\nFAILED: {} of {} checks, see above.", teller.failed(), teller.done());
            ExitCode::FAILURE
        }
        Err(error) => {
            println!("\nFAILED: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn tell(teller: &mut Teller) -> anyhow::Result<()> {
    let mut stage = Stage::build()?;
    let story = scenes::play(&mut stage, teller);
    // Also of a story that broke off there is something to read.
    let logs = stage.close();
    let told = story.map(|story| {
        files::verify(&stage, &story, teller);
        notices::verify(&stage, &story, teller);
        stage.show_past();
    });
    stage.show_places();
    if told.is_err() || teller.failed() > 0 {
        stage.show_end_of(&logs);
    }
    told
}

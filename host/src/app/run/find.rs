//! Which room a person means: by URL, id, name or streamer, whole or in part.

use crate::app::rooms::RoomView;

/// Places of the one room that is meant. `rooms` are what the user wrote, and what is to be seen of each.
///
/// # Errors
/// None is meant, or several: a sentence for people.
pub(super) fn find(word: &str, rooms: &[(&str, Option<&RoomView>)]) -> Result<Vec<usize>, String> {
    let wanted = word.to_lowercase();
    let names = |url: &str, view: Option<&RoomView>| {
        let mut names = vec![url.to_lowercase()];
        if let Some(view) = view {
            names.extend(view.name.iter().map(|name| name.to_lowercase()));
            names.extend(view.key.iter().flat_map(|key| [key.id.to_lowercase(), key.to_string().to_lowercase()]));
            names.push(view.seen.streamer.to_lowercase());
        }
        names.retain(|name| !name.is_empty());
        names
    };
    let fits = |is_it: &dyn Fn(&str) -> bool| -> Vec<usize> {
        let known = rooms.iter().enumerate();
        known.filter(|(_, (url, view))| names(url, *view).iter().any(|name| is_it(name))).map(|(at, _)| at).collect()
    };
    let whole = fits(&|name| name == wanted);
    let found = if whole.is_empty() { fits(&|name| name.contains(&wanted)) } else { whole };
    match found.as_slice() {
        [] => Err(format!("no room is called `{word}`\nhint: `info` shows all of them")),
        [_] => Ok(found),
        several => Err(format!("`{word}` may be {} rooms\nhint: write more of its URL or name", several.len())),
    }
}

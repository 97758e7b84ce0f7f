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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RoomKey;
    use crate::monitor::watch::Seen;

    fn view(id: &str, name: Option<&str>, streamer: &str) -> RoomView {
        RoomView {
            url: String::new(),
            name: name.map(str::to_owned),
            key: Some(RoomKey { platform: String::from("forest"), id: id.to_owned() }),
            plugin: None,
            seen: Seen { streamer: streamer.to_owned(), ..Seen::default() },
        }
    }

    #[test]
    fn a_room_is_found_by_whatever_people_call_it() {
        let views = [view("12", None, "Menura"), view("123", Some("the other"), "Alberta")];
        let rooms = [("https://forest.example/12", Some(&views[0])), ("https://forest.example/123", Some(&views[1]))];
        for (word, expected) in
            [("https://forest.example/12", 0), ("12", 0), ("forest:123", 1), ("MENURA", 0), ("other", 1), ("/123", 1)]
        {
            assert_eq!(find(word, &rooms), Ok(vec![expected]), "{word}");
        }
        assert!(find("forest", &rooms).unwrap_err().starts_with("`forest` may be 2 rooms"));
        assert!(find("owl", &rooms).unwrap_err().starts_with("no room is called `owl`"));
    }
}

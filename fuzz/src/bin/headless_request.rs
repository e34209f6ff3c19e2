//! What scripts say to the headless viewer: each line is a request or a reason, and is answered in one line
//! with its id.
#![no_main]

// The viewer needs more of both than this target.
#[allow(dead_code)]
#[path = "../../../viewer/src/headless/keys.rs"]
mod keys;
#[allow(dead_code)]
#[path = "../../../viewer/src/headless/request.rs"]
mod request;

use std::cell::LazyCell;

use libfuzzer_sys::fuzz_target;
use request::Request;
use serde_json::{Value, json};

thread_local! {
    static KEYBOARD: LazyCell<keys::Keyboard> =
        LazyCell::new(|| keys::Keyboard::us().expect("xkb-data is installed"));
}

fuzz_target!(|line: &str| {
    let (id, request) = request::parse(line);
    let result = match request {
        Ok(Request::Key { key, .. }) => {
            KEYBOARD.with(|keyboard| keyboard.named(&key)).map(|_| Value::Null).map_err(|e| e.to_string())
        }
        Ok(Request::Type { text, .. }) => {
            let strokes = KEYBOARD.with(|keyboard| text.chars().filter_map(|c| keyboard.stroke(c)).count());
            Ok(json!(strokes))
        }
        Ok(_) => Ok(Value::Null),
        Err(error) => Err(error.to_string()),
    };
    let answer = request::answer(&id, &result);
    assert!(!answer.contains('\n'), "an answer is one line");
    let answer: Value = serde_json::from_str(&answer).expect("an answer is JSON");
    // As it was written: reading a number of very many digits is not exact.
    let written: Value = serde_json::from_str(&id.to_string()).expect("an id is JSON");
    assert_eq!(answer["id"], written);
});

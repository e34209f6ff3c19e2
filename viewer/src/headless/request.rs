//! One line of stdin to one request, and answers to lines of stdout.

use media::{TouchPhase, TrackId};
use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;

/// What a script asks for.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Request {
    /// Lists windows.
    Windows {},
    /// Waits for a condition.
    Wait {
        /// For which.
        until: Until,
        /// How long at most.
        #[serde(default = "default_timeout")]
        timeout_ms: u64,
    },
    /// Writes a window's picture to a PNG file.
    Screenshot {
        /// Which window.
        track: TrackId,
        /// Which file.
        file: String,
    },
    /// Presses or releases a key.
    Key {
        /// In which window.
        track: TrackId,
        /// An xkb keysym name, a character, or either behind modifiers: `ctrl+c`.
        key: String,
        /// What to do with it.
        #[serde(default)]
        state: Press,
    },
    /// Types a text.
    Type {
        /// In which window.
        track: TrackId,
        /// Any Unicode.
        text: String,
    },
    /// Shows a text as an input method composes it; an empty one ends it.
    Compose {
        /// In which window.
        track: TrackId,
        /// What there is of it.
        text: String,
    },
    /// Inserts a text as an input method does, in place of what was composed.
    Insert {
        /// In which window.
        track: TrackId,
        /// Any Unicode.
        text: String,
    },
    /// Moves a pointer that an app has locked.
    Push {
        /// In which window.
        track: TrackId,
        /// To the right, in logical units.
        #[serde(default)]
        dx: f64,
        /// Down, in logical units.
        #[serde(default)]
        dy: f64,
    },
    /// Moves the pointer, and presses or releases a button there.
    Pointer {
        /// In which window.
        track: TrackId,
        /// Where, in logical units.
        x: f64,
        /// Where, in logical units.
        y: f64,
        /// Which button.
        button: Option<Button>,
        /// What to do with it.
        #[serde(default)]
        state: Press,
    },
    /// Turns the wheel.
    Scroll {
        /// In which window.
        track: TrackId,
        /// Where the pointer is.
        x: f64,
        /// Where the pointer is.
        y: f64,
        /// To the right, in detents.
        #[serde(default)]
        dx: f64,
        /// Down, in detents.
        #[serde(default)]
        dy: f64,
    },
    /// Fingers touch, move, leave.
    Touch {
        /// In which window.
        track: TrackId,
        /// Which fingers.
        points: Vec<Finger>,
    },
    /// Asks a window to change its size, scale or state; what is absent stays.
    Resize {
        /// Which window.
        track: TrackId,
        /// In logical units.
        width: Option<u32>,
        /// In logical units.
        height: Option<u32>,
        /// Pixels for one logical unit.
        scale: Option<f64>,
        /// Whether it fills the work area.
        maximized: Option<bool>,
        /// Whether it fills the screen.
        fullscreen: Option<bool>,
    },
    /// Asks a window to close.
    Close {
        /// Which window.
        track: TrackId,
    },
    /// Ends the app of a window that does not answer.
    ForceQuit {
        /// Which window.
        track: TrackId,
    },
    /// Gives a window the keyboard.
    Activate {
        /// Which window.
        track: TrackId,
    },
    /// Says whether anybody can see a window: hidden ones get no pictures.
    Visible {
        /// Which window.
        track: TrackId,
        /// Whether.
        visible: bool,
    },
    /// Puts something on the clipboard.
    ClipboardSet {
        /// Its MIME type.
        mime: String,
        /// Its content in base64.
        data: String,
    },
    /// Pastes what an app copied.
    ClipboardGet {
        /// In which MIME type.
        mime: String,
        /// How long to wait at most.
        #[serde(default = "default_timeout")]
        timeout_ms: u64,
    },
    /// Figures.
    Stats {},
    /// Measures from a key to the change it causes, again and again.
    Measure {
        /// In which window.
        track: TrackId,
        /// Which key, as for `key`.
        key: String,
        /// How often.
        count: u32,
        /// Where the change must show, in pixels: x, y, width, height; anywhere if absent.
        rect: Option<[i32; 4]>,
        /// How long the window must rest before the next key.
        #[serde(default = "default_rest")]
        rest_ms: u64,
        /// How long to wait for one change at most.
        #[serde(default = "default_timeout")]
        timeout_ms: u64,
    },
    /// Ends.
    Quit {},
}

/// What `wait` waits for.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Until {
    /// There are exactly so many toplevels with pictures.
    Windows(usize),
    /// There are exactly so many popups with pictures.
    Popups(usize),
    /// A toplevel's title contains this.
    Title(String),
    /// The viewer holds the app's exact pixels.
    Exact(TrackId),
    /// Pixels changed since the last request that acted, or looked at this window by `screenshot` or
    /// `changed`.
    Changed(TrackId),
    /// The window is gone.
    Closed(TrackId),
    /// The newest `resize` was answered, and the picture of that size is here.
    Configured(TrackId),
    /// The app takes text in this window, and says where.
    TextInput(TrackId),
    /// The app has locked the pointer in this window.
    Locked(TrackId),
    /// Content is dragged, or is not any more.
    Dragging(bool),
}

/// What to do with a key or a button.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Press {
    /// Down and up.
    #[default]
    Tap,
    /// Down.
    #[serde(rename = "press")]
    Down,
    /// Up.
    #[serde(rename = "release")]
    Up,
}

/// A button of the pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Button {
    /// The main button.
    Left,
    /// The wheel.
    Middle,
    /// The menu button.
    Right,
}

impl From<Button> for media::Button {
    fn from(button: Button) -> media::Button {
        match button {
            Button::Left => media::Button::LEFT,
            Button::Middle => media::Button::MIDDLE,
            Button::Right => media::Button::RIGHT,
        }
    }
}

/// A finger's change.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Finger {
    /// Which finger.
    #[serde(default)]
    pub(crate) id: u32,
    /// What it does: down, move, up, cancel.
    pub(crate) phase: TouchPhase,
    /// Where, in logical units.
    pub(crate) x: f64,
    /// Where, in logical units.
    pub(crate) y: f64,
}

/// Why a line is no request.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum RequestError {
    /// Not JSON.
    #[error("this is no JSON: {0}")]
    Json(String),
    /// JSON, but no object.
    #[error(r#"a request is an object such as {{"id":1,"do":"windows"}}"#)]
    Object,
    /// An object, but not one of the requests.
    #[error("{0}")]
    Request(String),
}

/// Parses a line: the `id` to answer with (null if it had none), and the request.
pub(crate) fn parse(line: &str) -> (Value, Result<Request, RequestError>) {
    let mut value: Value = match serde_json::from_str(line) {
        Ok(value) => value,
        Err(error) => return (Value::Null, Err(RequestError::Json(error.to_string()))),
    };
    let Some(object) = value.as_object_mut() else { return (Value::Null, Err(RequestError::Object)) };
    let id = object.remove("id").unwrap_or(Value::Null);
    let request = serde_json::from_value(value).map_err(|error| RequestError::Request(error.to_string()));
    (id, request)
}

/// The line that answers a request.
pub(crate) fn answer(id: &Value, result: &Result<Value, String>) -> String {
    match result {
        Ok(ok) => json!({ "id": id, "ok": ok }),
        Err(error) => json!({ "id": id, "error": error }),
    }
    .to_string()
}

fn default_timeout() -> u64 {
    10_000
}

fn default_rest() -> u64 {
    20
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(line: &str) -> String {
        parse(line).1.expect_err("no request").to_string()
    }

    #[test]
    fn requests_of_the_contract_are_understood() {
        let key = Request::Key { track: TrackId(3), key: "a".into(), state: Press::Tap };
        assert_eq!(parse(r#"{"id":7,"do":"key","track":3,"key":"a"}"#), (json!(7), Ok(key)));
        let wait = Request::Wait { until: Until::Windows(1), timeout_ms: 500 };
        assert_eq!(
            parse(r#"{"id":"x","do":"wait","until":{"windows":1},"timeout_ms":500}"#),
            (json!("x"), Ok(wait))
        );
        for line in [
            r#"{"do":"windows"}"#,
            r#"{"do":"wait","until":{"title":"foot"}}"#,
            r#"{"do":"screenshot","track":1,"file":"x.png"}"#,
            r#"{"do":"key","track":1,"key":"Return","state":"press"}"#,
            r#"{"do":"type","track":1,"text":"世界"}"#,
            r#"{"do":"compose","track":1,"text":"ni"}"#,
            r#"{"do":"insert","track":1,"text":"你"}"#,
            r#"{"do":"push","track":1,"dx":1.5}"#,
            r#"{"do":"wait","until":{"text_input":1}}"#,
            r#"{"do":"pointer","track":1,"x":1,"y":2.5}"#,
            r#"{"do":"pointer","track":1,"x":1,"y":2.5,"button":"left","state":"release"}"#,
            r#"{"do":"scroll","track":1,"x":1,"y":2,"dx":0,"dy":-1}"#,
            r#"{"do":"touch","track":1,"points":[{"id":1,"phase":"down","x":1,"y":2}]}"#,
            r#"{"do":"resize","track":1,"width":640,"height":480}"#,
            r#"{"do":"close","track":1}"#,
            r#"{"do":"activate","track":1}"#,
            r#"{"do":"visible","track":1,"visible":false}"#,
            r#"{"do":"clipboard_set","mime":"text/plain","data":"YQ=="}"#,
            r#"{"do":"clipboard_get","mime":"text/plain"}"#,
            r#"{"do":"stats"}"#,
            r#"{"do":"measure","track":1,"key":"a","count":10,"rect":[0,0,5,5]}"#,
            r#"{"do":"quit"}"#,
        ] {
            let (id, request) = parse(line);
            assert!(request.is_ok(), "{line}: {request:?}");
            assert_eq!(id, Value::Null);
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert!(error("hello").contains("no JSON"));
        assert!(error("[1]").contains("object"));
        assert!(error(r#"{"id":1}"#).contains("`do`"));
        let unknown = error(r#"{"do":"fly"}"#);
        assert!(unknown.contains("fly") && unknown.contains("screenshot"), "{unknown}");
        assert!(error(r#"{"do":"key","track":1}"#).contains("`key`"));
        assert!(error(r#"{"do":"key","track":1,"key":"a","stat":"tap"}"#).contains("stat"));
        assert!(error(r#"{"do":"key","track":-1,"key":"a"}"#).contains("-1"));
        assert!(error(r#"{"do":"wait","until":{"moon":1}}"#).contains("moon"));
        assert!(error(r#"{"do":"pointer","track":1,"x":1,"y":1,"button":"top"}"#).contains("top"));
    }

    #[test]
    fn an_error_still_answers_to_its_id() {
        let (id, request) = parse(r#"{"id":[1,2],"do":"fly"}"#);
        assert_eq!(id, json!([1, 2]));
        let line = answer(&id, &Err(request.expect_err("no request").to_string()));
        assert!(
            line.starts_with(r#"{"#) && line.contains(r#""id":[1,2]"#) && line.contains("error"),
            "{line}"
        );
    }
}

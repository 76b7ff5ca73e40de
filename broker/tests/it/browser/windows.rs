//! More than one window, and a mouse that presses wherever it is.

use super::webdriver::Browser;
use serde_json::{Value, json};

impl Browser {
    /// Opens another tab and goes there; gives its handle.
    pub async fn new_tab(&self) -> String {
        let tab = self.post("window/new", json!({"type": "tab"})).await.unwrap();
        let handle = tab["handle"].as_str().unwrap().to_owned();
        self.go_to(&handle).await;
        handle
    }

    /// The tab that is looked at.
    pub async fn tab(&self) -> String {
        self.read("window").await.as_str().unwrap().to_owned()
    }

    /// All tabs and windows.
    pub async fn tabs(&self) -> Vec<String> {
        let handles = self.read("window/handles").await;
        handles.as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned()).collect()
    }

    /// Steers another tab from now on, without bringing it to the front.
    pub async fn steer(&self, handle: &str) {
        self.post("window", json!({"handle": handle})).await.unwrap();
    }

    /// Goes to another tab, as by a click on it.
    pub async fn go_to(&self, handle: &str) {
        self.steer(handle).await;
        self.chromium("Page.bringToFront", json!({})).await;
    }

    /// Steers the tab that is not this one, once it is there; gives its handle.
    pub async fn other_tab(&self, this: &str) -> String {
        let all = self.tabs_once(2).await;
        let other = all.into_iter().find(|it| it != this).unwrap();
        self.steer(&other).await;
        other
    }

    /// The handles of all tabs, once there are so many.
    pub async fn tabs_once(&self, many: usize) -> Vec<String> {
        self.eventually(&format!("{many} tabs"), async || {
            let tabs = self.tabs().await;
            if tabs.len() == many { Ok(tabs) } else { Err(format!("{tabs:?}")) }
        })
        .await
    }

    /// Closes the tab.
    pub async fn close_tab(&self) {
        self.delete("window").await.unwrap();
    }

    /// Runs an expression as if the person had pressed something in the page: it may open windows.
    pub async fn gesture(&self, expression: &str) {
        let run = json!({"expression": expression, "userGesture": true, "awaitPromise": true});
        let done = self.chromium("Runtime.evaluate", run).await;
        assert!(done.get("exceptionDetails").is_none(), "{expression}: {done}");
    }

    /// Runs a script in every page that is opened from now on, before the page's own.
    pub async fn in_every_page(&self, script: &str) {
        self.chromium("Page.addScriptToEvaluateOnNewDocument", json!({"source": script})).await;
    }

    /// What is seen, once it no longer changes.
    pub async fn still(&self) -> Vec<u8> {
        let mut last = self.picture().await;
        loop {
            let now = self.picture().await;
            if now == last {
                return now;
            }
            last = now;
        }
    }

    /// Waits until the page looks like one of these pictures.
    pub async fn looks_like(&self, pictures: &[Vec<u8>], what: &str) {
        let alike = async || {
            if pictures.contains(&self.picture().await) {
                Ok(())
            } else {
                Err("it looks different".to_owned())
            }
        };
        self.eventually(what, alike).await;
    }

    /// The middle of an element that is in sight.
    pub async fn place(&self, css: &str) -> Place {
        let script = format!(
            "(it => {{ it.scrollIntoView({{block: 'center'}}); const box = it.getBoundingClientRect(); \
             return [box.x + box.width / 2, box.y + box.height / 2]; }})(document.querySelector('{css}'))"
        );
        let place = self.value(&script).await.unwrap();
        Place { x: place[0].as_f64().unwrap(), y: place[1].as_f64().unwrap() }
    }

    /// Presses and lets go of the mouse there, for the how-manieth time in a row.
    pub async fn press_at(&self, place: Place, count: u32) {
        for kind in ["mousePressed", "mouseReleased"] {
            self.mouse(kind, place, count).await;
        }
    }

    /// Presses the mouse there, which closes the page: nothing answers.
    pub async fn press_and_vanish(&self, Place { x, y }: Place) {
        let event = json!({"type": "mousePressed", "x": x, "y": y, "button": "left", "clickCount": 1});
        let body = json!({"cmd": "Input.dispatchMouseEvent", "params": event});
        let _ = self.post("goog/cdp/execute", body).await;
    }

    async fn mouse(&self, kind: &str, Place { x, y }: Place, count: u32) {
        let event = json!({"type": kind, "x": x, "y": y, "button": "left", "clickCount": count});
        self.chromium("Input.dispatchMouseEvent", event).await;
    }

    /// Two clicks as fast as they come.
    pub async fn double_click(&self, css: &str) {
        let place = self.place(css).await;
        self.press_at(place, 1).await;
        self.press_at(place, 2).await;
    }

    /// A key goes down; again and again while it is held.
    pub async fn key_down(&self, key: &str, again: bool) {
        let text = if key == "Enter" { "\r" } else { key };
        let event = json!({"type": "keyDown", "key": key, "code": key, "text": text, "autoRepeat": again,
            "windowsVirtualKeyCode": if key == "Enter" { 13 } else { 0 }});
        self.chromium("Input.dispatchKeyEvent", event).await;
    }

    async fn read(&self, what: &str) -> Value {
        self.get(what).await.unwrap()
    }
}

/// A place on the screen.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub x: f64,
    pub y: f64,
}

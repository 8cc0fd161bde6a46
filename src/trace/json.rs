//! One JSON object a line: `tick`, `pid`, `role`, `event`, and the event's own fields.

use serde_json::{Map, Value, json};

use super::{plain, status_words, text};
use crate::kernel::event::{Answer, Event, Shown, What};

/// The object of an event, on one line without its newline.
pub fn line(event: &Event) -> String {
    let (name, fields) = fields(&event.what);
    let mut object = Map::new();
    object.insert("tick".into(), json!(event.tick));
    object.insert("pid".into(), json!(event.pid.0));
    object.insert("role".into(), json!(event.role));
    object.insert("event".into(), json!(name));
    if let Value::Object(fields) = fields {
        object.extend(fields);
    }
    Value::Object(object).to_string()
}

fn fields(what: &What) -> (&'static str, Value) {
    match what {
        What::Call { builtin, args, answer } => {
            let mut fields = json!({ "call": builtin.name(), "args": values(args) });
            match answer {
                Answer::Done(parts) => fields["result"] = json!(values(parts)),
                Answer::Failed(errno) => {
                    fields["result"] = json!([-1]);
                    fields["errno"] = json!(errno.name());
                }
                Answer::NoReturn => {}
                Answer::Restart => fields["restarts"] = json!(true),
            }
            ("call", fields)
        }
        What::Waits { builtin, args, reason } => {
            ("waits", json!({ "call": builtin.name(), "args": values(args), "for": text::reason_words(*reason) }))
        }
        What::Born { parent } => ("born", json!({ "parent": parent.0 })),
        What::Ended { status } => ("ended", json!({ "status": status.0, "words": status_words(*status) })),
        What::Reaped { by } => ("reaped", json!({ "by": by.0 })),
        What::Adopted { from } => ("adopted", json!({ "from": from.0 })),
        What::State { from, to } => {
            ("state", json!({ "from": text::state_words(*from), "to": text::state_words(*to) }))
        }
        What::Dispatched => ("dispatched", json!({})),
        What::Preempted => ("preempted", json!({})),
        What::ClockJumped { to } => ("clock", json!({ "to": to })),
        What::SignalSent { signal, origin, fate } => (
            "signal",
            json!({ "signal": signal.name(), "origin": text::origin_words(*origin), "fate": text::fate_words(*fate) }),
        ),
        What::HandlerEntered { signal } => {
            ("handler", json!({ "signal": text::signal_words(i64::from(signal.number())) }))
        }
        What::HandlerLeft => ("handler-left", json!({})),
        What::Faulted { text } => ("fault", json!({ "what": text })),
        What::Memory { copied, heap } => ("memory", json!({ "copied": copied, "heap": heap })),
    }
}

fn values(shown: &[Shown]) -> Vec<Value> {
    shown
        .iter()
        .map(|shown| match shown {
            Shown::Int(value) => json!(value),
            Shown::Bool(value) => json!(value),
            Shown::Float(value) => json!(value),
            Shown::Bytes(bytes) => json!(String::from_utf8_lossy(bytes)),
            Shown::Status(status) => json!(status.0),
            other => json!(plain(other)),
        })
        .collect()
}

//! `send`: a document as it is written.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use bytes::Bytes;
use client::Endpoint;
use serde_json::json;

use super::Run;
use crate::cli::{Named, SendArgs};
use crate::door;
use crate::error::{Failure, failed};
use crate::said;
use crate::text::cause;

/// Sends a document and prints what came back, whatever it is.
pub(super) async fn run(run: &Run<'_>, args: SendArgs) -> Result<(), Failure> {
    let document = read(&args.file)?;
    let door = run.door()?;
    let got = match &args.to {
        Some(Named { name, addr }) => {
            let to = Endpoint { name: *name, ..Endpoint::from(addr.clone()) };
            door.document_to(&to, document).await?
        }
        None => door.document(document).await?,
    };
    let text = String::from_utf8_lossy(&got.body).into_owned();
    let response = door::read(&got);
    let result = response.as_ref().map(|it| it.answer.outcome().as_str()).unwrap_or_default();
    run.out.say(&said!("send-status", addr = got.addr.as_str(), status = got.status.to_string()));
    run.out.line(&text);
    run.out.json(&json!({
        "addr": got.addr.as_str(), "status": got.status, "result": result, "answer": text,
    }));
    let answer = response?.answer;
    if answer.outcome().is_refusal() { Err(Failure::of(&answer)) } else { Ok(()) }
}

/// Reads a file, or standard input where it is named `-`.
fn read(file: &Path) -> Result<Bytes, Failure> {
    let read = if file == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        fs::read(file)
    };
    read.map(Bytes::from).map_err(|error| {
        failed!("unreadable", file = file.display().to_string(), cause = cause::any(&error))
    })
}

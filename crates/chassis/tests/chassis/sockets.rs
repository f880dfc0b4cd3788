//! Connections: of a server that leaves, of who sends slowly, of who opens too many.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;

use crate::scene::{Server, auth, header, post};

/// Asks over a connection that stays open; `None` where the server has ended it.
fn again(stream: &mut TcpStream) -> Option<String> {
    stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").ok()?;
    let mut answer = Vec::new();
    loop {
        let mut part = [0; 4096];
        let count = stream.read(&mut part).ok().filter(|count| 0 < *count)?;
        answer.extend_from_slice(&part[..count]);
        let text = String::from_utf8_lossy(&answer).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length: usize = header(head, "content-length").unwrap().parse().unwrap();
            if body.len() == length {
                return Some(text);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_leaves_says_so_and_then_ends_each_connection_with_an_answer() {
    let scene = Server::start("drain = 1").await;
    let mut stream = TcpStream::connect(scene.running.addr).unwrap();
    assert!(!again(&mut stream).unwrap().contains("ngondo-state"));
    let stopping = tokio::spawn(scene.running.stop());
    let mut told = 0;
    loop {
        let answer = again(&mut stream).expect("an answer ends it, nothing else");
        let says = answer.contains("ngondo-state: drain");
        if answer.contains("connection: close") {
            assert!(says, "{answer}");
            break;
        }
        told += u32::from(says);
    }
    assert!(0 < told, "callers are told before connections end");
    stopping.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_has_half_of_the_connections_and_another_comes_in() {
    let scene = Server::start("connections = 16").await;
    let addr = scene.running.addr;
    let mut held: Vec<_> = (0..8).map(|_| TcpStream::connect(addr).unwrap()).collect();
    assert!(held.iter_mut().all(|stream| again(stream).is_some()));
    assert_eq!(again(&mut TcpStream::connect(addr).unwrap()), None, "half of 16");
    let mut other = from_another(addr).await.into_std().unwrap();
    other.set_nonblocking(false).unwrap();
    assert!(again(&mut other).is_some());
    drop(held);
    scene.running.stop().await;
}

/// 200 that send a byte now and then: half of them never end their head, half never their body. 20
/// more do not even say which protocol they speak.
#[tokio::test(flavor = "multi_thread")]
async fn slow_senders_are_cut_while_others_are_served() {
    let scene = Server::start("body_timeout_ms = 1000").await;
    let pppx = scene.peer("pppx-1");
    let addr = scene.running.addr;
    let head = "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: text/xml\r\n";
    let bodiless = format!("{head}content-length: 4000\r\n\r\n");
    let mut slow: Vec<_> = (0..200)
        .map(|n| tokio::spawn(drip(addr, if n % 2 == 0 { head.into() } else { bodiless.clone() })))
        .collect();
    slow.extend((0..20).map(|n| tokio::spawn(silence(addr, if n < 10 { "" } else { "PRI * " }))));
    let mut served = 0;
    while !slow.iter().all(tokio::task::JoinHandle::is_finished) {
        let answer = pppx.ask(post("/", "text/xml", &auth("b-1"))).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        served += 1;
    }
    assert!(0 < served);
    for (n, slow) in slow.into_iter().enumerate() {
        let told = slow.await.unwrap();
        assert!(n % 2 == 0 || 200 <= n || told.starts_with("HTTP/1.1 408 "), "{n}: {told}");
    }
    scene.running.stop().await;
}

/// Sends a head at once, then a byte at a time until the server has had enough: what it said.
async fn drip(addr: SocketAddr, head: String) -> String {
    let mut stream = from_another(addr).await;
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut pause = tokio::time::interval(Duration::from_millis(50));
    let mut told = Vec::new();
    let mut part = [0; 1024];
    loop {
        tokio::select! {
            read = stream.read(&mut part) => match read {
                Ok(count) if 0 < count => told.extend_from_slice(&part[..count]),
                _ => return String::from_utf8_lossy(&told).into_owned(),
            },
            _ = pause.tick() => {
                // Where it fails the server has closed, which the reading tells.
                let _closed = stream.write_all(b"x").await;
            }
        }
    }
}

/// Sends so much and waits until the server closes.
async fn silence(addr: SocketAddr, begun: &'static str) -> String {
    let mut stream = from_another(addr).await;
    stream.write_all(begun.as_bytes()).await.unwrap();
    let mut told = Vec::new();
    let _reset = stream.read_to_end(&mut told).await;
    String::from_utf8_lossy(&told).into_owned()
}

/// A connection from an address that no other test has.
async fn from_another(addr: SocketAddr) -> tokio::net::TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    socket.connect(addr).await.unwrap()
}

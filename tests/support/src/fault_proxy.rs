//! A wire that can break: a TCP relay between a client and a server that cuts, stalls, refuses or is gone.
//!
//! Guarantees: exactly the asked-for number of bytes passes before a cut; what is set holds for open connections too;
//! the port stays the same while the wire is down.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinHandle,
};

use crate::{Failure, Result, thread_runtime::ThreadRuntime};

/// Relayed at a time: one TLS record and its frame (RFC 8446 §5.2).
const CHUNK: usize = 17 << 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    ToServer,
    ToClient,
}

/// What happens to bytes. Counts begin, in every connection, when the fault is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fault {
    #[default]
    None,
    /// `bytes` more pass in this direction, then both sides are closed. With 0 the first byte closes.
    Cut { direction: Direction, bytes: u64 },
    /// `bytes` more pass in this direction, then none until another fault is set; nothing is closed.
    Stall { direction: Direction, bytes: u64 },
    /// Bytes pass in this direction, so many at a time, each time after a pause.
    Drip { direction: Direction, bytes: u64, pause: Duration },
    /// Connections are accepted and closed at once; open ones go on.
    Refuse,
}

/// The relay. Ends, with every connection, when dropped.
pub struct FaultProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    fault: watch::Sender<Generation>,
    listening: Option<Listening>,
    runtime: ThreadRuntime,
}

struct Listening {
    task: JoinHandle<()>,
    /// Dropped to cut every connection.
    alive: watch::Sender<()>,
}

#[derive(Clone, Copy, Default)]
struct Generation {
    number: u64,
    fault: Fault,
}

struct Shared {
    upstream: Mutex<SocketAddr>,
    connections: AtomicUsize,
    to_server: AtomicU64,
    to_client: AtomicU64,
}

impl FaultProxy {
    /// On a free loopback port, up, without a fault.
    pub fn start(upstream: SocketAddr) -> Result<Self> {
        let runtime = ThreadRuntime::start("fault-proxy")?;
        let shared = Arc::new(Shared {
            upstream: Mutex::new(upstream),
            connections: AtomicUsize::new(0),
            to_server: AtomicU64::new(0),
            to_client: AtomicU64::new(0),
        });
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut proxy = Self { address: anywhere, shared, fault: watch::Sender::default(), listening: None, runtime };
        proxy.up()?;
        Ok(proxy)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// `https://localhost:<port>`: the certificate behind is valid here too, it names no port.
    pub fn origin(&self) -> String {
        format!("https://localhost:{}", self.port())
    }

    /// Where new connections go from now on: for a server that must know the proxy's port before it starts.
    pub fn lead_to(&self, upstream: SocketAddr) {
        *self.shared.upstream.lock().unwrap_or_else(PoisonError::into_inner) = upstream;
    }

    pub fn set(&self, fault: Fault) {
        self.fault.send_modify(|now| *now = Generation { number: now.number + 1, fault });
    }

    pub fn cut_after(&self, direction: Direction, bytes: u64) {
        self.set(Fault::Cut { direction, bytes });
    }

    pub fn stall_after(&self, direction: Direction, bytes: u64) {
        self.set(Fault::Stall { direction, bytes });
    }

    pub fn refuse(&self) {
        self.set(Fault::Refuse);
    }

    pub fn heal(&self) {
        self.set(Fault::None);
    }

    /// The network is gone: open connections are cut, new ones refused by the system. Returns when it is so.
    pub fn down(&mut self) {
        if let Some(Listening { task, alive }) = self.listening.take() {
            task.abort();
            let (ended, end) = std::sync::mpsc::channel::<()>();
            self.runtime.handle().spawn(async move {
                let _ = task.await; // aborted: that is what was asked
                drop(alive);
                drop(ended);
            });
            let _ = end.recv(); // an error is the end
        }
    }

    /// The network is back, on the same port.
    pub fn up(&mut self) -> Result<()> {
        if self.listening.is_some() {
            return Ok(());
        }
        let (listening, bound) = std::sync::mpsc::channel();
        let address = self.address;
        self.runtime.handle().spawn(async move {
            let _ = listening.send(TcpListener::bind(address).await); // the receiver waits below
        });
        let listener = bound
            .recv()
            .map_err(Failure::network("the fault proxy"))?
            .map_err(Failure::network("the fault proxy's port"))?;
        self.address = listener.local_addr().map_err(Failure::network("the fault proxy's port"))?;
        let (alive, gone) = watch::channel(());
        let task =
            self.runtime.handle().spawn(accept(listener, Arc::clone(&self.shared), self.fault.subscribe(), gone));
        self.listening = Some(Listening { task, alive });
        Ok(())
    }

    pub fn is_up(&self) -> bool {
        self.listening.is_some()
    }

    /// Connections accepted so far.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// Bytes that have passed so far.
    pub fn passed(&self, direction: Direction) -> u64 {
        self.shared.passed(direction).load(Ordering::SeqCst)
    }
}

impl Shared {
    fn passed(&self, direction: Direction) -> &AtomicU64 {
        match direction {
            Direction::ToServer => &self.to_server,
            Direction::ToClient => &self.to_client,
        }
    }
}

async fn accept(
    listener: TcpListener,
    shared: Arc<Shared>,
    fault: watch::Receiver<Generation>,
    gone: watch::Receiver<()>,
) {
    while let Ok((client, _)) = listener.accept().await {
        shared.connections.fetch_add(1, Ordering::SeqCst);
        if fault.borrow().fault == Fault::Refuse {
            continue;
        }
        let (shared, fault, mut gone) = (Arc::clone(&shared), fault.clone(), gone.clone());
        tokio::spawn(async move {
            tokio::select! {
                _ = relay(client, shared, fault) => {}
                _ = gone.changed() => {}
            }
        });
    }
}

async fn relay(client: TcpStream, shared: Arc<Shared>, fault: watch::Receiver<Generation>) -> io::Result<()> {
    let upstream = *shared.upstream.lock().unwrap_or_else(PoisonError::into_inner);
    #[expect(clippy::disallowed_methods, reason = "it passes bytes on, whatever they are")]
    let server = TcpStream::connect(upstream).await?;
    for side in [&client, &server] {
        side.set_nodelay(true)?;
    }
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let up = Pump { direction: Direction::ToServer, shared: Arc::clone(&shared), fault: fault.clone() };
    let down = Pump { direction: Direction::ToClient, shared, fault };
    // A side that ends properly leaves the other going; a cut ends both, by dropping the four halves.
    tokio::try_join!(up.run(from_client, to_server), down.run(from_server, to_client))?;
    Ok(())
}

struct Pump {
    direction: Direction,
    shared: Arc<Shared>,
    fault: watch::Receiver<Generation>,
}

impl Pump {
    async fn run(mut self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> io::Result<()> {
        let mut buffer = vec![0; CHUNK];
        let mut generation = self.fault.borrow_and_update().number;
        let mut passed = 0; // since `generation` began
        loop {
            let read = from.read(&mut buffer).await?;
            if read == 0 {
                return to.shutdown().await;
            }
            let mut rest = &buffer[..read];
            while !rest.is_empty() {
                let now = *self.fault.borrow_and_update();
                if now.number != generation {
                    (generation, passed) = (now.number, 0);
                }
                let allowed = match now.fault {
                    Fault::Cut { direction, bytes } | Fault::Stall { direction, bytes }
                        if direction == self.direction =>
                    {
                        usize::try_from(bytes.saturating_sub(passed)).unwrap_or(usize::MAX).min(rest.len())
                    }
                    Fault::Drip { direction, bytes, pause } if direction == self.direction => {
                        wait(pause).await;
                        usize::try_from(bytes).unwrap_or(usize::MAX).min(rest.len())
                    }
                    Fault::None | Fault::Refuse | Fault::Cut { .. } | Fault::Stall { .. } | Fault::Drip { .. } => {
                        rest.len()
                    }
                };
                // Counted first: whoever has the bytes finds them counted.
                self.shared.passed(self.direction).fetch_add(allowed as u64, Ordering::SeqCst);
                to.write_all(&rest[..allowed]).await?;
                passed += allowed as u64;
                rest = &rest[allowed..];
                let reached = |bytes| passed >= bytes;
                match now.fault {
                    Fault::Cut { direction, bytes } if direction == self.direction && (reached(bytes)) => {
                        return Err(io::ErrorKind::ConnectionAborted.into());
                    }
                    Fault::Stall { direction, .. } if direction == self.direction && !rest.is_empty() => {
                        // An error is the end of the proxy.
                        self.fault.changed().await.map_err(|_| io::ErrorKind::ConnectionAborted)?;
                    }
                    Fault::None | Fault::Refuse | Fault::Cut { .. } | Fault::Stall { .. } | Fault::Drip { .. } => {}
                }
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a slow wire is slow in real time")]
async fn wait(span: Duration) {
    tokio::time::sleep(span).await;
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests speak to the proxy as anybody would")]
mod tests {
    use std::{
        io::{Read, Write},
        net::{TcpListener as StdListener, TcpStream as StdStream},
        thread,
    };

    use super::*;

    const TEXT: &str = "Өргөдөл Үнэгүй";

    /// Sends back whatever it gets, for as long as the test lives.
    fn echo() -> SocketAddr {
        let listener = StdListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for client in listener.incoming() {
                let mut client = client.unwrap();
                thread::spawn(move || {
                    let mut back = client.try_clone().unwrap();
                    io::copy(&mut client, &mut back)
                });
            }
        });
        address
    }

    fn exchange(stream: &mut StdStream) -> io::Result<Vec<u8>> {
        stream.write_all(TEXT.as_bytes())?;
        let mut back = vec![0; TEXT.len()];
        stream.read_exact(&mut back)?;
        Ok(back)
    }

    /// Everything that comes until the other side closes.
    fn drain(stream: &mut StdStream) -> Vec<u8> {
        let mut got = Vec::new();
        let _ = stream.read_to_end(&mut got); // a reset ends it as well as a close
        got
    }

    #[test]
    fn without_a_fault_bytes_pass_both_ways() {
        let proxy = FaultProxy::start(echo()).unwrap();
        let mut stream = StdStream::connect(proxy.address()).unwrap();

        assert_eq!(exchange(&mut stream).unwrap(), TEXT.as_bytes());

        assert_eq!(proxy.connections(), 1);
        assert_eq!(proxy.passed(Direction::ToServer), TEXT.len() as u64);
        assert_eq!(proxy.passed(Direction::ToClient), TEXT.len() as u64);
    }

    #[test]
    fn a_proxy_leads_to_another_server_when_told() {
        let proxy = FaultProxy::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 1))).unwrap();
        assert!(exchange(&mut StdStream::connect(proxy.address()).unwrap()).is_err());

        proxy.lead_to(echo());

        assert!(exchange(&mut StdStream::connect(proxy.address()).unwrap()).is_ok());
    }

    #[test]
    fn a_cut_lets_exactly_so_many_bytes_through_on_an_open_connection() {
        let proxy = FaultProxy::start(echo()).unwrap();
        let mut stream = StdStream::connect(proxy.address()).unwrap();
        exchange(&mut stream).unwrap();

        proxy.cut_after(Direction::ToClient, 5);
        stream.write_all(TEXT.as_bytes()).unwrap();

        assert_eq!(drain(&mut stream), &TEXT.as_bytes()[..5]);
        assert_eq!(proxy.passed(Direction::ToServer), 2 * TEXT.len() as u64);
    }

    #[test]
    fn a_cut_on_the_way_to_the_server_keeps_the_rest_from_it() {
        let proxy = FaultProxy::start(echo()).unwrap();
        proxy.cut_after(Direction::ToServer, 7);
        let mut stream = StdStream::connect(proxy.address()).unwrap();

        stream.write_all(TEXT.as_bytes()).unwrap();
        drain(&mut stream);

        assert_eq!(proxy.passed(Direction::ToServer), 7);
    }

    #[test]
    fn a_stalled_connection_goes_on_when_healed() {
        let proxy = FaultProxy::start(echo()).unwrap();
        proxy.stall_after(Direction::ToClient, 3);
        let mut stream = StdStream::connect(proxy.address()).unwrap();
        stream.write_all(TEXT.as_bytes()).unwrap();
        let mut first = [0; 3];
        stream.read_exact(&mut first).unwrap();
        stream.set_nonblocking(true).unwrap();
        let waiting = stream.read(&mut [0]).unwrap_err().kind();
        stream.set_nonblocking(false).unwrap();

        proxy.heal();

        let mut rest = vec![0; TEXT.len() - 3];
        stream.read_exact(&mut rest).unwrap();
        assert_eq!(waiting, io::ErrorKind::WouldBlock);
        assert_eq!([&first[..], &rest].concat(), TEXT.as_bytes());
    }

    #[test]
    fn a_slow_wire_gives_everything_a_little_at_a_time() {
        let proxy = FaultProxy::start(echo()).unwrap();
        let mut stream = StdStream::connect(proxy.address()).unwrap();

        proxy.set(Fault::Drip { direction: Direction::ToClient, bytes: 5, pause: Duration::from_millis(1) });

        assert_eq!(exchange(&mut stream).unwrap(), TEXT.as_bytes());
    }

    #[test]
    fn while_refusing_new_connections_close_and_open_ones_go_on() {
        let proxy = FaultProxy::start(echo()).unwrap();
        let mut open = StdStream::connect(proxy.address()).unwrap();
        exchange(&mut open).unwrap();

        proxy.refuse();

        assert!(exchange(&mut StdStream::connect(proxy.address()).unwrap()).is_err());
        assert!(exchange(&mut open).is_ok());
    }

    #[test]
    fn a_network_that_is_gone_cuts_everything_and_comes_back_on_the_same_port() {
        let mut proxy = FaultProxy::start(echo()).unwrap();
        let port = proxy.port();
        let mut open = StdStream::connect(proxy.address()).unwrap();
        exchange(&mut open).unwrap();

        proxy.down();
        assert_eq!(drain(&mut open), b"");
        assert_eq!(StdStream::connect(proxy.address()).unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
        proxy.up().unwrap();

        assert_eq!(proxy.port(), port);
        assert!(exchange(&mut StdStream::connect(proxy.address()).unwrap()).is_ok());
    }
}

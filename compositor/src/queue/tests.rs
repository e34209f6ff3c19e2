use bytes::Bytes;
use media::{
    Button, Cause, ClipboardRequest, Configure, InputId, KeyCode, Position, Scale, Timestamp, TouchPhase,
    TouchPoint, TrackId,
};

use super::*;

const A: ViewerId = ViewerId(1);
const B: ViewerId = ViewerId(2);
const WINDOW: TrackId = TrackId(7);

fn cause(viewer: ViewerId, input: u64) -> Cause {
    Cause { viewer, input: InputId(input), at: Timestamp(0) }
}

fn motion(viewer: ViewerId, input: u64) -> Command {
    Command::Motion { cause: cause(viewer, input), track: WINDOW, position: Position::new(input as f64, 1.0) }
}

fn relative(input: u64, dx: f64, dy: f64) -> Command {
    Command::RelativeMotion { cause: cause(A, input), track: WINDOW, dx, dy }
}

fn key(viewer: ViewerId, key: u16, pressed: bool) -> Command {
    Command::Key { cause: cause(viewer, 1), track: WINDOW, key: KeyCode(key), pressed }
}

fn button(viewer: ViewerId, pressed: bool) -> Command {
    Command::Button { cause: cause(viewer, 1), button: Button::LEFT, pressed }
}

fn touch(viewer: ViewerId, phases: &[(u32, TouchPhase)]) -> Command {
    let point = |&(id, phase)| TouchPoint { id, phase, position: Position::new(1.0, 1.0) };
    Command::Touch { cause: cause(viewer, 1), track: WINDOW, points: phases.iter().map(point).collect() }
}

fn frame(track: u32, at: u64) -> Command {
    Command::FrameDone { track: TrackId(track), at: Timestamp(at) }
}

fn configure(serial: u32) -> Command {
    let configure = Configure {
        serial,
        size: None,
        scale: Scale::default(),
        maximized: false,
        fullscreen: false,
        resizing: false,
    };
    Command::Configure { track: WINDOW, configure }
}

fn queue(commands: impl IntoIterator<Item = Command>) -> Queue {
    let mut queue = Queue::default();
    for command in commands {
        queue.push(None, command).expect("room");
    }
    queue
}

fn rest(mut queue: Queue) -> Vec<Command> {
    let rest = std::iter::from_fn(|| queue.pop()).collect();
    assert_eq!((queue.all, queue.loads.len()), (Load::default(), 0), "nothing waits, so nothing is counted");
    rest
}

#[test]
fn the_newest_place_of_a_pointer_wins() {
    let many = (1..=100_000).flat_map(|n| [motion(A, n), frame(1, n), frame(2, n), configure(n as u32)]);
    let left = rest(queue(many));
    assert_eq!(left, [motion(A, 100_000), frame(1, 100_000), frame(2, 100_000), configure(100_000)]);
}

#[test]
fn ways_of_a_locked_pointer_are_added_up() {
    let ways = (1..=100_000).map(|n| relative(n, 0.5, -1.0));
    assert_eq!(rest(queue(ways)), [relative(100_000, 50_000.0, -100_000.0)]);
    let far = [relative(1, 9e5, 0.0), relative(2, 9e5, 0.0)];
    assert_eq!(rest(queue(far.clone())), far, "no way is longer than any that a viewer may send");
}

#[test]
fn a_pointer_moves_past_nothing_that_depends_on_its_place() {
    for between in [
        key(A, 30, true),
        button(A, true),
        Command::PointerLeft,
        motion(B, 1),
        relative(1, 1.0, 1.0),
        Command::Focus(None),
        Command::Close(WINDOW),
    ] {
        let sent = [motion(A, 1), between, motion(A, 2)];
        assert_eq!(rest(queue(sent.clone())), sent);
    }
    let other = Command::Motion { cause: cause(A, 2), track: TrackId(8), position: Position::new(1.0, 1.0) };
    assert_eq!(rest(queue([motion(A, 1), other.clone()])), [motion(A, 1), other]);
}

#[test]
fn who_sends_too_much_pays_and_nobody_else() {
    let mut queue = queue([key(A, 30, true), key(B, 48, true)]);
    let full = (0..=MOST).find_map(|_| queue.push(Some(A), Command::DismissPopups).err());
    assert_eq!(full, Some(Overflow { viewer: Some(A) }));
    queue.push(None, key(B, 48, false)).expect("room again");
    assert_eq!(rest(queue), [key(B, 48, true), key(B, 48, false)]);
}

#[test]
fn who_finds_the_queue_full_of_anothers_commands_is_heard() {
    let mut queue = queue((0..MOST).map(|_| button(A, true)));
    assert_eq!(queue.push(Some(B), key(B, 48, true)), Err(Overflow { viewer: Some(A) }));
    assert_eq!(rest(queue), [key(B, 48, true)]);
}

#[test]
fn whoever_has_the_most_bytes_pays_for_those() {
    let content = |data| Command::ClipboardContent { request: ClipboardRequest(3), data };
    let mut queue = queue([content(Some(vec![0; MOST_BYTES / 4].into()))]);
    (0..100).for_each(|_| queue.push(Some(B), Command::PointerLeft).expect("room"));
    let keymap = Command::Keymap("x".repeat(MOST_BYTES / 2));
    queue.push(Some(A), keymap.clone()).expect("room");
    assert_eq!(queue.push(Some(A), keymap), Err(Overflow { viewer: Some(A) }));
    assert_eq!(queue.all.commands, 101);
}

#[test]
fn what_was_held_down_is_let_go_when_the_rest_is_dropped() {
    use TouchPhase::{Down, Move, Up};
    let mut queue = queue([
        // Down before: these go up.
        key(A, 30, false),
        button(A, false),
        touch(A, &[(1, Up), (2, Move), (3, Down)]),
        // Down and up among what is dropped.
        key(A, 30, true),
        button(A, true),
        key(A, 30, false),
        button(A, false),
        touch(A, &[(3, Up)]),
        frame(1, 1),
        Command::ClipboardContent { request: ClipboardRequest(3), data: Some("text".into()) },
    ]);
    queue.loads.clear();
    queue.waiting.iter_mut().for_each(|waiting| waiting.by = Some(A));
    queue.drop_commands_of(Some(A));
    let left = [
        key(A, 30, false),
        button(A, false),
        touch(A, &[(1, Up)]),
        frame(1, 1),
        Command::ClipboardContent { request: ClipboardRequest(3), data: None },
    ];
    assert_eq!(rest(queue), left);
}

#[test]
fn the_loop_is_woken_once_for_all_that_waits_and_ends_when_told() {
    let (orders, inbox, _woken) = orders().expect("an eventfd");
    orders.send(None, key(A, 30, true)).expect("room");
    let mut taken = Vec::new();
    inbox.take_all(|order| {
        if taken.is_empty() {
            // What comes meanwhile is for the next turn.
            orders.send(None, key(A, 30, false)).expect("room");
        }
        taken.push(order);
    });
    assert_eq!(taken, [Order::Command(key(A, 30, true))]);
    orders.shut_down();
    inbox.take_all(|order| taken.push(order));
    assert_eq!(taken.last(), Some(&Order::Shutdown));
}

#[test]
fn nothing_that_anybody_sends_makes_it_longer() {
    let large = Bytes::from(vec![0; MOST_BYTES / 5]);
    // Looks random, and is the same in every run (xorshift).
    let mut state = 0x9e37_79b9_u32;
    let mut random = |below: u32| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state % below
    };
    let mut queue = Queue::default();
    for _ in 0..20 * MOST {
        let (viewer, n, flag) = (ViewerId(random(40)), random(8), random(2) == 0);
        let command = match random(200) {
            0 => Command::Keymap("k".repeat(1000)),
            1..10 => Command::ClipboardContent { request: ClipboardRequest(1), data: Some(large.clone()) },
            10..20 => Command::ClipboardContent { request: ClipboardRequest(1), data: None },
            20..40 => frame(n, 1),
            40..60 => touch(viewer, &[(n, if flag { TouchPhase::Down } else { TouchPhase::Up })]),
            60..80 => motion(viewer, n.into()),
            80..100 => button(viewer, flag),
            100..110 => Command::Focus(None),
            _ => key(viewer, n as u16, flag),
        };
        // Who was told to go comes again.
        let _ = queue.push(flag.then_some(viewer), command);
        assert!(queue.all.commands <= MOST && queue.all.bytes <= MOST_BYTES, "{:?}", queue.all);
        assert!(queue.waiting.len() <= queue.all.commands + 8, "of each window one callback waits");
        if random(97) == 0 {
            let all = queue.waiting.iter().fold(Load::default(), |all, one| all.plus(one.load));
            assert_eq!(queue.all, all, "all that waits is counted");
        }
        if random(50) == 0 {
            queue.pop();
        }
    }
    rest(queue);
}

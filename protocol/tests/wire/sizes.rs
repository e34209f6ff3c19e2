//! What is said of sizes holds on the wire.

use bytes::Bytes;
use dormer_protocol::encode;
use media::{Op, Point, Rect, Size, TileCoding, Timing, TrackId, Update, UpdateId, VideoCodec};
use proptest::prelude::*;

fn update(ops: Vec<Op>) -> Update {
    Update {
        track: TrackId(1),
        id: UpdateId(1),
        size: Size::new(1, 1),
        ops,
        exact: true,
        caused_by_input: None,
        timing: Timing::default(),
    }
}

fn ops() -> impl Strategy<Value = Op> {
    let rect = any::<(i32, i32, u32, u32)>().prop_map(|(x, y, w, h)| Rect::new(x, y, w, h));
    let data = prop_oneof![0_usize..300, Just(70_000)].prop_map(|length| Bytes::from(vec![7; length]));
    let coding = prop_oneof![
        Just(TileCoding::Solid),
        Just(TileCoding::Bands),
        Just(TileCoding::Raw),
        Just(TileCoding::Planes)
    ];
    prop_oneof![
        (rect.clone(), any::<(i32, i32)>())
            .prop_map(|(from, (x, y))| Op::Copy { from, to: Point::new(x, y) }),
        (rect.clone(), coding, data.clone()).prop_map(|(rect, coding, data)| Op::Tile { rect, coding, data }),
        (rect, any::<u32>(), any::<bool>(), data).prop_map(|(rect, stream, keyframe, data)| Op::Video {
            rect,
            codec: VideoCodec::H264,
            stream,
            keyframe,
            data
        }),
    ]
}

proptest! {
    #[test]
    fn an_op_takes_no_more_than_it_says_and_not_much_less(op in ops()) {
        let with = encode(&update(vec![op.clone()])).len();
        let bytes = with - encode(&update(Vec::new())).len();
        let said = op.encoded_len();
        prop_assert!((bytes..bytes + 48).contains(&said), "{} bytes, {} said", bytes, said);
    }
}

//! Tags that are whole though something of their framing, or the tag behind them, is broken; and tags that are not.

use expect_test::expect;

use super::check;

#[test]
fn back_pointer_missing() {
    check(
        "V 0 key\nA 0\nV 40\ntruncate 4\nA 23\nV 80\nA 46",
        expect![[r#"
        V 0 key
        A 0
        -- back_pointer at 148 1 tags
        V 40
        A 23
        V 80
        A 46
    "#]],
    );
}

#[test]
fn size_zero_and_back_pointer_right() {
    check(
        "V 0 key\nA 0\nV 40 size=0\nA 23\nV 80\nA 46",
        expect![[r#"
        V 0 key
        A 0
        -- back_pointer at 148 1 tags
        V 40
        A 23
        V 80
        A 46
    "#]],
    );
}

#[test]
fn size_of_megabytes_and_back_pointer_right() {
    check(
        "V 0 key\nA 0\nV 40 size=9000000\nA 23\nV 80\nA 46",
        expect![[r#"
        V 0 key
        A 0
        -- back_pointer at 148 1 tags
        V 40
        A 23
        V 80
        A 46
    "#]],
    );
}

#[test]
fn size_wrong_in_the_last_tags() {
    check(
        "V 0 key\nA 0\nV 40 size=25",
        expect![[r#"
            V 0 key
            A 0
            -- back_pointer at 148 1 tags
            V 40
        "#]],
    );
    check(
        "V 0 key\nA 0\nV 40 size=35",
        expect![[r#"
        V 0 key
        A 0
        -- back_pointer at 148 1 tags
        V 40
    "#]],
    );
    check(
        "V 0 key\nA 0 size=19\nV 40",
        expect![[r#"
        V 0 key
        -- back_pointer at 118 1 tags
        A 0
        V 40
    "#]],
    );
    check(
        "V 0 key\nA 0 size=12\nV 40",
        expect![[r#"
        V 0 key
        -- back_pointer at 118 1 tags
        A 0
        V 40
    "#]],
    );
    check(
        "V 0 key\nA 0 size=0\nV 40",
        expect![[r#"
        V 0 key
        -- back_pointer at 118 1 tags
        A 0
        V 40
    "#]],
    );
}

#[test]
fn zeros_over_the_back_pointer_and_the_next_tag() {
    check(
        "V 0 key\nA 0\nV 40\ntruncate 3\nzeros 40\nA 23\nV 80\nA 46",
        expect![[r#"
        V 0 key
        A 0
        -- back_pointer at 148 1 tags
        V 40
        -- garbage at 193 37 bytes
        A 23
        V 80
        A 46
    "#]],
    );
    check(
        "V 0 key\nA 0\nV 40\ntruncate 4\nzeros 400",
        expect![[r#"
        V 0 key
        A 0
        -- back_pointer at 148 1 tags
        V 40
        -- garbage at 193 396 bytes
    "#]],
    );
}

#[test]
fn zeros_over_the_end_of_a_body() {
    check(
        "V 0 key\nA 0\nV 40\ntruncate 9\nzeros 40\nA 23\nV 80\nA 46",
        expect![[r#"
        V 0 key
        A 0
        -- garbage at 148 76 bytes
        A 23
        V 80
        A 46
    "#]],
    );
}

#[test]
fn wrong_back_pointer_before_a_broken_tag() {
    check(
        "V 0 key\nA 0 back=3\nV 40\ngarbage 60\nA 23\nV 80\nA 46",
        expect![[r#"
        V 0 key
        -- back_pointer at 118 1 tags
        A 0
        V 40
        -- garbage at 193 60 bytes
        A 23
        V 80
        A 46
    "#]],
    );
}

#[test]
fn bytes_missing_within_a_tag() {
    check(
        "V 0 key\nA 0\nV 40 200\ntruncate 60\nA 23\nV 80\nA 46",
        expect![[r#"
        V 0 key
        A 0
        -- garbage at 148 155 bytes
        A 23
        V 80
        A 46
    "#]],
    );
}

#[test]
fn garbage_that_is_a_tag_of_another_time() {
    check(
        "V 0 key\nA 0\nbytes 0900000a7fffffff000000\ngarbage 14\nV 40\nA 23\nV 80\nA 46",
        expect![[r#"
        V 0 key
        A 0
        -- garbage at 148 25 bytes
        V 40
        A 23
        V 80
        A 46
    "#]],
    );
}

#[test]
fn claim_that_reaches_over_tags_to_a_run_of_zeros() {
    check(
        "V 0 key\nA 0 100 #1 size=240 back=3\nV 40\nA 23\nV 80 50 #2 back=0\nzeros 16",
        expect![[r#"
        V 0 key
        -- garbage at 118 115 bytes
        V 40
        A 23
        -- back_pointer at 308 1 tags
        V 80 50 #2
        -- garbage at 373 16 bytes
    "#]],
    );
}

#[test]
fn tag_before_garbage_where_all_back_pointers_are_wrong() {
    for back in [0, 11, 0xffff_ffff_u32] {
        let stream = format!(
            "V 0 key back={back}\nA 0 back={back}\nV 40 #5 back={back}\ngarbage 60\nA 23 back={back}\n\
             V 80 back={back}\nA 46 #7 back={back}\ngarbage 60"
        );
        check(
            &stream,
            expect![[r#"
                -- back_pointer at 13 1 tags
                V 0 key
                A 0
                -- back_pointer at 148 1 tags
                V 40 #5
                -- garbage at 193 60 bytes
                A 23
                V 80
                -- back_pointer at 328 1 tags
                A 46 #7
                -- garbage at 358 60 bytes
            "#]],
        );
    }
    // The size of the body alone.
    check(
        "V 0 key back=90\nA 0 back=15\nV 40 #5 back=30\ngarbage 60\nA 23 back=15\nV 80 back=30\nA 46 back=15",
        expect![[r#"
            -- back_pointer at 13 1 tags
            V 0 key
            A 0
            -- back_pointer at 148 1 tags
            V 40 #5
            -- garbage at 193 60 bytes
            A 23
            V 80
            A 46
        "#]],
    );
}

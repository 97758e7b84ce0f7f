//! Tags and what stands between them.

use expect_test::expect;

use super::check;

#[test]
fn one_wrong_back_pointer() {
    check(
        "V 0 key\nA 0\nV 40 back=7\nA 23\nV 80\nA 46",
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
fn all_back_pointers_wrong() {
    check(
        "V 0 key back=0\nA 0 back=0\nV 40 back=0\nA 23 back=0\nV 80 back=0",
        expect![[r#"
            -- back_pointer at 13 1 tags
            V 0 key
            A 0
            V 40
            A 23
            V 80
        "#]],
    );
}

#[test]
fn all_back_pointers_wrong_and_no_header() {
    check(
        "nohead\nV 0 key back=0\nA 0 back=0\nV 40 back=0\nA 23 back=0\nV 80 back=0",
        expect![[r#"
            -- header_missing at 0
            -- back_pointer at 0 1 tags
            V 0 key
            A 0
            V 40
            A 23
            V 80
        "#]],
    );
}

#[test]
fn garbage_between_tags() {
    check(
        "V 0 key\ngarbage 100\nA 0\nV 40\nA 23",
        expect![[r#"
        V 0 key
        -- garbage at 118 100 bytes
        A 0
        V 40
        A 23
    "#]],
    );
}

#[test]
fn garbage_that_looks_like_a_tag() {
    check(
        "V 0 key\nbytes 09 00 00 40 00 00 00 00 00 00 00\ngarbage 20\nA 0\nV 40\nA 23\nV 80\nA 46",
        expect![[r#"
        V 0 key
        -- garbage at 118 31 bytes
        A 0
        V 40
        A 23
        V 80
        A 46
    "#]],
    );
}

#[test]
fn zero_run() {
    check(
        "V 0 key\nA 0\nzeros 5000\nV 40 key\nA 23\nV 80",
        expect![[r#"
        V 0 key
        A 0
        -- garbage at 148 5000 bytes
        V 40 key
        A 23
        V 80
    "#]],
    );
}

#[test]
fn zeros_at_the_end() {
    check(
        "V 0 key\nA 0\nzeros 5000",
        expect![[r#"
        V 0 key
        A 0
        -- garbage at 148 5000 bytes
    "#]],
    );
}

#[test]
fn size_too_small_by_three() {
    check(
        "V 0 key\nA 0 100 #1 size=97\nV 40\nA 23\nV 80",
        expect![[r#"
        V 0 key
        -- back_pointer at 118 1 tags
        A 0 100 #1
        V 40
        A 23
        V 80
    "#]],
    );
}

#[test]
fn size_too_large_by_a_few_tags() {
    check(
        "V 0 key\nA 0 100 #1 size=200\nV 40\nA 23\nV 80\nA 46\nV 120",
        expect![[r#"
        V 0 key
        -- back_pointer at 118 1 tags
        A 0 100 #1
        V 40
        A 23
        V 80
        A 46
        V 120
    "#]],
    );
}

#[test]
fn size_of_megabytes() {
    check(
        "V 0 key\nA 0 100 #1 size=9000000 back=9000011\nV 40\nA 23\nV 80\nA 46\nV 120",
        expect![[r#"
        V 0 key
        -- garbage at 118 115 bytes
        V 40
        A 23
        V 80
        A 46
        V 120
    "#]],
    );
}

#[test]
fn large_tag() {
    check(
        "V 0 key 600000 #7\nA 0\nV 40",
        expect![[r#"
        V 0 key 600000 #7
        A 0
        V 40
    "#]],
    );
}

#[test]
fn unknown_type_filtered_and_empty() {
    check(
        "V 0 key\ntype 15 0 20\nA 0 encrypted\nV 40 hex=\nbytes 09000000000028000000000000000b\nA 23\nV 80",
        expect![[r#"
            V 0 key
            -- tag_skipped at 118 1 tags 31 bytes
            -- tag_skipped at 153 1 tags 26 bytes
            -- tag_skipped at 183 1 tags 11 bytes
            -- tag_skipped at 198 1 tags 11 bytes
            A 23
            V 80
        "#]],
    );
}

#[test]
fn truncated_body() {
    check(
        "V 0 key\nA 0\nV 40 key\ntruncate 20",
        expect![[r#"
        V 0 key
        A 0
        -- truncated at 148 85 bytes
    "#]],
    );
}

#[test]
fn truncated_header() {
    check(
        "V 0 key\nA 0\nbytes 09 00 00",
        expect![[r#"
        V 0 key
        A 0
        -- truncated at 148 3 bytes
    "#]],
    );
}

#[test]
fn last_back_pointer_missing() {
    check(
        "V 0 key\nA 0\nV 40 key\ntruncate 4",
        expect![[r#"
        V 0 key
        A 0
        -- truncated at 148
        V 40 key
    "#]],
    );
}

#[test]
fn last_back_pointer_wrong() {
    check(
        "V 0 key\nA 0\nV 40 key back=3",
        expect![[r#"
        V 0 key
        A 0
        -- back_pointer at 148 1 tags
        V 40 key
    "#]],
    );
}

#[test]
fn stream_id_once() {
    check(
        "V 0 key\nA 0 id=1\nV 40\nA 23",
        expect![[r#"
        V 0 key
        -- stream_id at 118 1 tags
        A 0
        V 40
        A 23
    "#]],
    );
}

#[test]
fn stream_id_always() {
    check(
        "V 0 key id=1\nA 0 id=1\nV 40 id=1\nA 23 id=1",
        expect![[r#"
        -- stream_id at 13 1 tags
        V 0 key
        A 0
        V 40
        A 23
    "#]],
    );
}

#[test]
fn filtered_tag_at_the_end() {
    check(
        "V 0 key\nA 0 encrypted\ntype 15 0 20",
        expect![[r#"
        V 0 key
        -- tag_skipped at 118 1 tags 26 bytes
        -- tag_skipped at 148 1 tags 31 bytes
    "#]],
    );
}

#[test]
fn unknown_type_before_everything() {
    check(
        "type 15 0 20\ntype 1 0 20\nV 0 key\nA 0",
        expect![[r#"
        -- tag_skipped at 13 1 tags 31 bytes
        -- tag_skipped at 48 1 tags 31 bytes
        V 0 key
        A 0
    "#]],
    );
}

#[test]
fn audio_only_with_garbage() {
    check(
        "A 0\nA 23\ngarbage 33\nA 46\nA 69\nA 92",
        expect![[r#"
        A 0
        A 23
        -- garbage at 73 33 bytes
        A 46
        A 69
        A 92
    "#]],
    );
}

#[test]
fn stream_id_that_counts() {
    check(
        "V 0 key id=1\nA 0 id=2\nV 40 id=3\nA 23 id=4",
        expect![[r#"
        -- stream_id at 13 1 tags
        V 0 key
        -- stream_id at 118 1 tags
        A 0
        -- stream_id at 148 1 tags
        V 40
        -- stream_id at 193 1 tags
        A 23
    "#]],
    );
}

/// Behind it half a tag stands, and then the connection ends: nothing but its PreviousTagSize tells its size.
#[test]
fn size_too_small_in_the_last_whole_tag() {
    check(
        "V 0 key\nA 0\nV 40 100 #1 size=97\nA 23 100 #2\ntruncate 60",
        expect![[r#"
        V 0 key
        A 0
        -- back_pointer at 148 1 tags
        V 40 100 #1
        -- truncated at 263 55 bytes
    "#]],
    );
}

#[test]
fn size_too_large_in_the_last_whole_tag() {
    check(
        "V 0 key\nA 0\nV 40 100 #1 size=104\nA 23 100 #2\ntruncate 60",
        expect![[r#"
        V 0 key
        A 0
        -- back_pointer at 148 1 tags
        V 40 100 #1
        -- truncated at 263 55 bytes
    "#]],
    );
}

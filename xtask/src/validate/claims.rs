//! What is claimed of the reading, and the test that holds each claim. `tests/documents.rs` holds that these tests exist.

/// Claim, and tests in the words of the document.
pub const CLAIMS: [(&str, &str); 22] = [
    (
        "Every byte of every file is in exactly one account, at every layer",
        "`chunks_change_nothing`, `a_file_cut_at_any_byte_is_accounted_for`; every fuzz target asserts it",
    ),
    ("How the bytes are cut into chunks changes nothing", "`chunks_change_nothing`"),
    ("Line ends and byte order marks change nothing", "`line_ends_and_marks_change_nothing`"),
    ("What stands before a cut does not change", "`case_41_what_stands_before_a_cut_does_not_change`"),
    ("The format is told by content; a name says nothing", "`case_58_a_name_says_nothing_of_the_content`"),
    (
        "The order of the files changes no byte of the case",
        "`case_84_the_order_of_files_changes_no_byte_of_the_document`",
    ),
    (
        "What is malformed costs itself alone",
        "`case_22_ragged_rows_cost_themselves`, `case_23_an_unclosed_quote_costs_one_record`",
    ),
    ("An empty value, an absent one and NULL stay distinct", "`case_20_absent_empty_and_null_stay_distinct`"),
    ("Bytes that are no text are kept without loss", "`case_15_bytes_that_are_no_text_are_kept_without_loss`"),
    ("Numbers are exact or malformed, never rounded", "`case_34_numbers_are_exact_or_malformed`"),
    (
        "A time without a zone is marked, never assumed in silence",
        "`case_68_and_70_a_time_without_a_zone_is_marked_and_asked_for`",
    ),
    (
        "Years that a log leaves out turn with its months",
        "`case_71_a_log_without_years_turns_the_year_and_knows_leap_days`",
    ),
    ("Which is the day is told or asked", "`case_72_which_is_the_day_is_told_or_asked`"),
    (
        "Nothing depends on zone or locale of the machine",
        "`case_74_nothing_depends_on_the_locale_or_zone_of_the_machine`",
    ),
    (
        "The page gives the command line’s bytes, in four zones and three locales beside English",
        "`tests/browser/same.test.mjs` «in four zones and locales»",
    ),
    ("IPv4 inside IPv6 is that IPv4 address", "`case_75_ipv4_inside_ipv6_is_that_host`"),
    ("An address that means two hosts is none", "`case_76_addresses_that_mean_two_hosts_are_none`"),
    ("What was cancelled is labelled partial, at 1, 50 and 99 % too", "`case_82_cancelled_anywhere_it_says_partial`"),
    ("Past a cap the totals stay exact", "`case_61_past_the_cap_of_hosts_the_totals_stay_exact`"),
    ("The same content under another name is flagged", "`case_65_the_same_content_under_another_name_is_flagged`"),
    ("No made log is misread", "`no_made_log_is_misread`"),
    ("A wrong reading would be judged wrong", "`a_wrong_reading_is_judged_wrong`"),
];

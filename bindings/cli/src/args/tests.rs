use clap::CommandFactory as _;

use super::*;

fn parse(line: &[&str]) -> Result<Args, clap::Error> {
    Args::try_parse_from([&["emongolia"], line].concat())
}

#[test]
fn the_command_line_is_well_made() {
    Args::command().debug_assert();
}

#[test]
fn a_field_in_cyrillic_keeps_its_name_and_everything_behind_the_first_sign() {
    let args = parse(&["request", "confirm", "a1", "--set", "хэл=mn", "--set", "Өргөдөл=Үг = өгүүлбэр"]).unwrap();

    let Command::Request(Request::Confirm { service_id, values }) = args.command else { panic!("{args:?}") };
    assert_eq!(service_id.as_str(), "a1");
    let pairs = [("хэл", "mn"), ("Өргөдөл", "Үг = өгүүлбэр")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    assert_eq!(values, pairs);
}

#[test]
fn an_answer_is_taken_as_it_is_typed() {
    let id = "0d".repeat(16);
    let set = |rest: &[&str]| {
        let line = [&["request", "draft", "set", &id], rest].concat();
        let command = parse(&line).unwrap().command;
        let Command::Request(Request::Draft(Draft::Set { name, value, .. })) = command else { panic!("{command:?}") };
        (name, value)
    };

    assert_eq!(set(&["нэр", " Өө = --үү"]), ("нэр".into(), Some(" Өө = --үү".into())));
    assert_eq!(set(&["дүн", "-5"]), ("дүн".into(), Some("-5".into())));
    assert_eq!(set(&["нэр"]), ("нэр".into(), None));
}

/// One QR code in 64 has such an id (base64url, RFC 4648 §5).
#[test]
fn an_id_of_a_browser_may_begin_with_what_looks_like_an_option() {
    for id in ["-30SpRoOV0LdJfoEcJF6Mw", "-hBSpRoOV0LdJfoEcJF6Mw", "--help0OV0LdJfoEcJF6Mw"] {
        for line in [&["web", "approve", id, "51"][..], &["web", "refuse", id]] {
            let Command::Web(Web::Approve { id: read, .. } | Web::Refuse { id: read }) = parse(line).unwrap().command
            else {
                panic!("{line:?}")
            };
            assert_eq!(read.as_str(), id);
        }
    }
}

#[test]
fn what_can_not_be_an_id_or_a_pair_is_refused() {
    let refused = [
        &["request", "confirm", "a1", "--set", "хэл"][..],
        &["request", "confirm", "a1", "--set", "=mn"],
        &["service", "show", "үйлчилгээ/1"],
        &["request", "submit", "abc"],
        &["request", "draft", "set", "abc", "нэр", "Өө"],
        &["request", "file", "add", "0d", "photo"],
        &["request", "show", "../x"],
        &["outbox", "retry", "1"],
        &["web", "approve", "Ab_-0123456789abcdefgh", "7"],
        &["web", "approve", "Ab_-0123456789abcdefgһ", "42"],
        &["web", "refuse", "short"],
        &["inbox", "list", "--for", "биш"],
        &["inbox", "list", "--for", "me", "--unread"],
        &["search"],
        &["--budget", "0", "sync"],
        &["sign-in", "--citizen", "УХ99010112"],
        &["sign-in", "--begin", "--complete", "x"],
    ];

    for line in refused {
        assert_eq!(parse(line).unwrap_err().exit_code(), 2, "{line:?}");
    }
}

#[test]
fn global_options_stand_before_and_behind_the_command() {
    for line in
        [&["--json", "--lang", "en", "--data", "d", "status"][..], &["status", "--data", "d", "--json", "--lang", "en"]]
    {
        let Args { global, command } = parse(line).unwrap();

        assert!(matches!(command, Command::Status));
        assert!(global.json);
        assert_eq!((global.lang, global.budget), (Some(Lang::En), 30));
        assert_eq!(global.data, Some("d".into()));
    }
}

#[test]
fn waits_have_the_agreed_defaults() {
    let submit = parse(&["request", "submit", &"0a".repeat(16)]).unwrap().command;
    let areas = parse(&["service", "areas"]).unwrap().command;

    assert!(matches!(submit, Command::Request(Request::Submit { wait: 20, .. })));
    assert!(matches!(areas, Command::Service(Service::Areas { parent, after: None }) if parent == "MN"));
}

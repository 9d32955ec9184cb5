//! Kill -9 at any system call of a renewal: the session goes on, or says that it ended; nothing that waits is touched.

use emongolia_support::{
    processes::{Cli, Output, SandboxControl, SandboxProcess},
    temp::temp_dir,
};

use crate::{
    crash::{confirmed, ok, thinned},
    phone::{citizen, count},
};

/// Longer than a process that died may hold the right to renew.
const LATER_MS: i64 = 30_000;

struct Scene {
    sandbox: SandboxProcess,
    control: SandboxControl,
    cli: Cli,
    /// A code of our portal's form that it never showed: one authorised call, and an answer that changes nothing.
    nobodys: String,
    _dir: tempfile::TempDir,
}

impl Scene {
    async fn begin(rotation: bool) -> Self {
        let sandbox = SandboxProcess::start_fresh().unwrap();
        let control = sandbox.control().unwrap();
        control.rotation(rotation).await.unwrap();
        let dir = temp_dir("renewal-").unwrap();
        let cli = Cli::new(dir.path().join("утас"), &sandbox).unwrap();
        let nobodys = format!("{}/web/s/Ab_-0123456789abcdefgh", sandbox.config().origin);
        let scene = Self { sandbox, control, cli, nobodys, _dir: dir };
        ok(scene.cli.run(["--json", "sync"]).unwrap());
        scene.sign_in(&scene.cli);
        scene
    }

    fn sign_in(&self, cli: &Cli) {
        let citizen = citizen(&self.sandbox);
        ok(cli.run(["--json", "sign-in", "--citizen", &citizen.regnum, "--code", &citizen.code]).unwrap());
    }

    fn call(&self) -> [&str; 4] {
        ["--json", "web", "preview", &self.nobodys]
    }

    /// Kills at each point of a call that has to renew first, and asks again half a minute later. How many kills, and how
    /// many ended the session.
    async fn kills(&self) -> (u32, u32) {
        let was_heard = |output: Output| output.error_kind().expect("the portal knows no such code");
        let healthy = was_heard(self.cli.run(self.call()).unwrap());
        assert_ne!(healthy, "sign_in_required");
        let act = confirmed(&self.cli, "Өргөдөл үлдэнэ");
        self.control.expire_tokens().await.unwrap();
        let (whole, points) = self.cli.kill_points(self.call()).unwrap();
        assert_eq!(was_heard(whole), healthy, "renewed in passing");

        let (mut killed, mut ended) = (0, 0);
        for (n, point) in (0..).zip(thinned(points)) {
            let now = self.cli.clone().clock_offset_ms(2 * n * LATER_MS);
            let later = self.cli.clone().clock_offset_ms((2 * n + 1) * LATER_MS);
            self.control.expire_tokens().await.unwrap();
            let cut = now.run_under_strace(&point, self.call()).unwrap();
            killed += u32::from(cut.killed());

            let found = was_heard(later.run(self.call()).unwrap());
            if found == "sign_in_required" {
                ended += 1;
                self.sign_in(&later);
                assert_eq!(was_heard(later.run(self.call()).unwrap()), healthy, "killed at {point}");
            } else {
                assert_eq!(found, healthy, "killed at {point}");
            }
        }
        ok(self.cli.run(["--json", "request", "submit", &act]).unwrap());
        ok(self.cli.run(["--json", "outbox", "flush"]).unwrap());
        assert_eq!(count(&self.sandbox, "requests"), 1, "what was confirmed before is as it was");
        (killed, ended)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_at_any_system_call_of_a_renewal_and_the_session_goes_on() {
    let scene = Scene::begin(false).await;

    let (killed, ended) = scene.kills().await;

    assert!(killed > 0, "nothing was ever killed");
    assert_eq!(ended, 0, "a lost answer costs nothing where tokens do not rotate");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_rotation_a_kill_costs_a_sign_in_at_most() {
    let scene = Scene::begin(true).await;

    let (killed, ended) = scene.kills().await;

    assert!(killed > 0, "nothing was ever killed");
    // Between the server's change and our save nothing can be done but to ask for a sign-in.
    assert!(ended < killed, "{ended} of {killed}");
}

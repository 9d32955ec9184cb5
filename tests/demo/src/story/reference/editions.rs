//! The network is back, and not everything that it serves is to be believed.

use serde_json::{Value, json};

use crate::{
    stage::Stage,
    step::{Moment, Sabotage, Step, Told},
    story::arrive::paged,
};

/// The catalogue's next edition, and the one after it.
const NEXT: i64 = 2;
const AFTER_NEXT: i64 = 3;

pub(super) fn rollback() -> Step<Stage> {
    Step {
        name: "rollback",
        mn: "Хуучин жагсаалтыг гарын үсэгтэй нь тулгав: утас шинийг нь хэвээр үлдээлээ",
        en: "An old catalogue is served, signed by the state itself: the phone keeps the newer one",
        act: |stage| {
            publish(stage, NEXT, None)?;
            stage.do_(&["sync"])?;
            stage.console.event("somebody on the way serves the catalogue of years ago, with its signature");
            publish(stage, NEXT - 1, Some(old_catalogue()))?;
            stage.learnt.said = stage.say(&["sync"])?.stderr;
            Ok(())
        },
        check: |stage| {
            let services = paged(stage, &["service", "list"])?.len();
            stage.same("all services are there as before", stage.seeds.services.len(), services)?;
            let refused = stage.learnt.said.contains("document.rollback");
            stage.holds("the sync says what it refused", refused, || stage.learnt.said.clone())?;
            publish(stage, AFTER_NEXT, None)?;
            stage.do_(&["sync"])?;
            stage.console.kept("what is newer is taken again");
            Ok(())
        },
        sabotage: Sabotage {
            what: "the phone forgets which edition it has",
            moment: Moment::BeforeTheStep,
            act: |stage| {
                stage.device.change_cache(
                    "CREATE TRIGGER forget AFTER UPDATE ON pulled WHEN new.version > 0
                     BEGIN UPDATE pulled SET version = 0 WHERE name = new.name; END",
                )
            },
        },
    }
}

/// From now on this is the catalogue, rightly signed as that edition: with this content, or with its own.
fn publish(stage: &Stage, edition: i64, content: Option<Value>) -> Told {
    stage.control(async |control| control.publish("catalogue", edition, content.as_ref()).await)
}

fn old_catalogue() -> Value {
    let organisation = "0123456789abcdef00000000";
    json!({
        "version": "0123456789abcdef0123456789abcdef",
        "organisations": [{ "id": organisation, "code": "ADV", "kind": "professional_body", "name": { "mn": "Өмгөөлөгчдийн холбоо" } }],
        "services": [{
            "id": "0123456789abcdef01234567", "organisation_id": organisation, "name": { "mn": "Үнэмлэх" }, "kind": "other",
            "fee": null, "duration": null, "online": false, "area_codes": [], "sample": true, "popularity": 0,
        }],
    })
}

//! What the citizen is shown before anything is sent: made, and kept.

use super::{
    attachment, change,
    draft::DraftId,
    form::{Form, Values},
    model::{Confirmation, ConfirmationId, RequestId},
    store::{self, Confirmed},
    wire::SubmitWire,
};
use crate::{
    auth,
    country::CivilDate,
    foundation::{
        clock::Timestamp,
        crypto::digest,
        error::{Error, Result},
        storage::Dao,
    },
    offline::outbox::OperationId,
};

impl Confirmed {
    /// Of what was typed, if nothing of it is wrong; else the error names the first that is.
    pub(super) fn of(form: &Form, values: &Values, today: CivilDate, now: Timestamp) -> Result<Self> {
        let checked = form.check(values, today)?;
        let wire = SubmitWire {
            service_id: form.service().clone(),
            form_version: form.version(),
            form: checked.answers,
            shown_digest: String::new(),
            on_behalf_of: None,
        };
        let shown = Confirmation {
            id: ConfirmationId::mint(),
            service: form.service().clone(),
            form_version: form.version(),
            lines: checked.lines,
            digest: String::new(),
            confirmed_at: now,
        };
        let (files, authentication) = (checked.files, form.authentication().cloned());
        Ok(Self { shown, files, wire, authentication, asked: None, whom: None, published: None }.digested())
    }

    /// With the digest of what is sent.
    pub(super) fn digested(mut self) -> Self {
        let digest = shown_digest(&self.wire);
        self.shown.digest.clone_from(&digest);
        self.wire.shown_digest = digest;
        self
    }

    /// With the proof of who the citizen is that the form demands, and for the draft that it was made of. Without one, what
    /// says the same and was not submitted is the same confirmation.
    pub(super) fn keep(&mut self, draft: Option<&DraftId>, dao: &mut Dao<'_>) -> Result<()> {
        let now = self.shown.confirmed_at;
        attachment::retain_kept(dao, &mut self.files)?;
        if let Some(wanted) = &self.authentication {
            auth::demand(dao, wanted, now)?;
        }
        store::prune_confirmations(dao, now.saturating_sub(super::KEEP_UNSUBMITTED))?;
        if draft.is_none()
            && let Some(same) = store::take_alike(dao, &self.shown.digest)?
        {
            self.shown.id = same;
        }
        store::put_confirmation(dao, self)?;
        if let Some(draft) = draft {
            super::draft::bind(dao, draft, &self.shown.id)?;
        }
        Ok(())
    }
}

/// In the transaction that sends it: the operation that it has already become. [`Error::NotFound`]: it is confirmed no
/// longer; `request.under_way`: something else is on its way for the request that it answers.
pub(super) fn sent_as(dao: &Dao<'_>, id: &ConfirmationId, answers: Option<&RequestId>) -> Result<Option<OperationId>> {
    let operation = store::operation_of(dao, id)?.ok_or(Error::NotFound)?;
    if let (None, Some(request)) = (&operation, answers) {
        change::nothing_under_way(dao, request)?;
    }
    Ok(operation)
}

/// Over the canonical JSON (keys sorted, no white space) of what is sent, without the digest itself.
fn shown_digest(wire: &SubmitWire) -> String {
    let mut shown = serde_json::json!({
        "form": wire.form,
        "form_version": wire.form_version,
        "service_id": wire.service_id,
    });
    if let Some(on_behalf_of) = &wire.on_behalf_of {
        shown["on_behalf_of"] = serde_json::json!(on_behalf_of);
    }
    digest::hex(&digest::sha256(shown.to_string().as_bytes()))
}

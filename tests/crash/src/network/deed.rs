//! What a citizen wants done while the network does its worst: made ready in peace, begun, and in the end there once.

use emongolia_core::{
    App,
    auth::Freshness,
    country::Person,
    offline::outbox::OperationId,
    services::{
        ServiceId,
        requests::{ConfirmationId, DraftId, RequestId, Values, attachment::NewAttachment, payment::PaymentState},
    },
};
use emongolia_support::{
    browser,
    forms::{IDENTITY_CARD, IDENTITY_CARD_ANSWERS, filled, png},
    processes::{SandboxControl, SandboxProcess, Text},
};
use serde_json::json;

use super::PATIENCE;
use crate::{Result, campaign::Harm, campaigns::send::Backend};

/// «Зээлийн мэдээллийн сангийн лавлагаа»: has the sandbox's own fee, and takes no files.
const WITH_A_FEE: &str = "223abc561181cd4ab6b55626";

/// More than one part of an upload.
const PHOTO: usize = 70_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    Submit,
    /// A submit with a photograph and a signature before it, and the invoice behind it.
    WithFiles,
    Invoice,
    /// Whether it is paid, after it was.
    Look,
    /// Of what was handed back.
    Correct,
    /// Brings what was asked for.
    Bring,
    Withdraw,
}

impl Deed {
    /// The API of 2021 takes neither files nor payment, and nothing of a request that it has.
    pub(super) const fn all(backend: Backend) -> &'static [Self] {
        match backend {
            Backend::Gateway => {
                &[Self::Submit, Self::WithFiles, Self::Invoice, Self::Look, Self::Correct, Self::Bring, Self::Withdraw]
            }
            Backend::Published => &[Self::Submit],
        }
    }

    /// What it asks the other side for. Twice, what counts most.
    pub(super) const fn calls(self, backend: Backend) -> &'static [&'static str] {
        match (self, backend) {
            (Self::Submit, Backend::Published) => &[
                "exchangeAuthToken",
                "publishedCreate",
                "publishedCreate",
                "publishedList",
                "publishedSubmitFree",
                "publishedDetail",
            ],
            (Self::Submit, Backend::Gateway) => &["createRequest", "createRequest", "getIdempotencyKey"],
            (Self::WithFiles, _) => &[
                "announceUpload",
                "getUpload",
                "appendToUpload",
                "createRequest",
                "createRequest",
                "invoiceRequest",
                "getIdempotencyKey",
            ],
            (Self::Invoice, _) => &["invoiceRequest", "invoiceRequest", "getIdempotencyKey"],
            (Self::Look, _) => &["checkPayment"],
            (Self::Correct, _) => &["correctRequest", "correctRequest", "getIdempotencyKey"],
            (Self::Bring, _) => &[
                "announceUpload",
                "getUpload",
                "appendToUpload",
                "bringDocuments",
                "bringDocuments",
                "getIdempotencyKey",
            ],
            (Self::Withdraw, _) => &["withdrawRequest", "withdrawRequest", "getIdempotencyKey"],
        }
    }

    /// What there is one more of at the other side when it is done: what, and the rows.
    pub(super) const fn effects(self, backend: Backend) -> &'static [(&'static str, &'static str)] {
        const SUBMITTED: (&str, &str) = ("request submitted", "requests");
        const AGAIN: (&str, &str) =
            ("request brought back", "request_history WHERE status = 'SUBMITTED' AND actor_kind = 'citizen'");
        const INVOICE: (&str, &str) = ("invoice", "invoices");
        match (self, backend) {
            (Self::Submit, Backend::Gateway) => &[SUBMITTED],
            (Self::Submit, Backend::Published) => &[(MADE, "legacy_requests"), SUBMITTED],
            (Self::WithFiles, _) => {
                &[SUBMITTED, PHOTOGRAPH, ("signature", "request_files WHERE field = 'signature'"), INVOICE]
            }
            (Self::Invoice, _) => &[INVOICE],
            (Self::Look, _) => &[],
            (Self::Correct, _) => &[AGAIN, ("corrected answer", "requests WHERE form LIKE '%, засав%'")],
            (Self::Bring, _) => &[AGAIN, ("document", "request_files WHERE origin = 'document'")],
            (Self::Withdraw, _) => {
                &[("withdrawal", "request_history WHERE status = 'REJECTED' AND actor_kind = 'citizen'")]
            }
        }
    }
}

/// On the API of 2021 what was made and called off stays, and is nobody's request.
pub(super) const MADE: &str = "request made";

/// All of it, as it was taken.
const PHOTOGRAPH: (&str, &str) = (
    "photograph",
    "request_files JOIN uploads ON uploads.id = upload_id WHERE field = 'photo' AND complete = 1 AND size = 70000",
);

/// A deed that can be begun; as often as is needed.
#[derive(Debug)]
pub(super) enum Ready {
    Confirmed { id: ConfirmationId, paid: bool },
    Invoice(RequestId),
    Look(RequestId),
    Withdraw(RequestId),
}

/// The citizen, and who does the rest.
pub(super) struct Citizen<'a> {
    pub(super) app: &'a App,
    pub(super) sandbox: &'a SandboxProcess,
    pub(super) control: &'a SandboxControl,
    /// Free, and without files.
    pub(super) service: &'a ServiceId,
    pub(super) words: String,
}

impl Citizen<'_> {
    /// With nothing in the way.
    pub(super) async fn prepare(&self, deed: Deed) -> Result<Ready> {
        Ok(match deed {
            Deed::Submit => Ready::Confirmed { id: self.confirmed(self.service).await?, paid: false },
            Deed::WithFiles => Ready::Confirmed { id: self.confirmed_with_files().await?, paid: true },
            Deed::Invoice => Ready::Invoice(self.applied(&with_a_fee()?).await?),
            Deed::Look => {
                let request = self.applied(&with_a_fee()?).await?;
                self.done(&self.app.requests().request_payment(&request).await?).await?;
                let invoice = self.app.requests().payment(&request).await?.invoice.ok_or("no invoice in peace")?;
                self.control.pay(json!({ "invoice": invoice.id })).await?;
                Ready::Look(request)
            }
            Deed::Correct => Ready::Confirmed { id: self.corrected().await?, paid: false },
            Deed::Bring => Ready::Confirmed { id: self.picked().await?, paid: false },
            Deed::Withdraw => Ready::Withdraw(self.applied(self.service).await?),
        })
    }

    /// As a citizen does who wants it done and sees that it is not under way.
    pub(super) async fn begin(&self, ready: &Ready) -> Result<()> {
        let requests = self.app.requests();
        match ready {
            Ready::Confirmed { id, paid } => {
                let submitted = requests.submit(id).await?;
                if *paid {
                    requests.pay_on_arrival(&submitted).await?;
                }
            }
            Ready::Invoice(request) => drop(requests.request_payment(request).await?),
            Ready::Look(request) => requests.back_from_bank(request).await?,
            Ready::Withdraw(request) => drop(requests.withdraw(request, None).await?),
        }
        Ok(())
    }

    /// What the phone does not know and should.
    pub(super) async fn misses(&self, ready: &Ready) -> Result<Option<(Harm, String)>> {
        let (request, wanted) = match ready {
            Ready::Confirmed { .. } | Ready::Withdraw(_) => return Ok(None),
            Ready::Invoice(request) => (request, (PaymentState::Waiting, true, 0)),
            Ready::Look(request) => (request, (PaymentState::Paid, false, 1)),
        };
        let payment = self.app.requests().payment(request).await?;
        let found = (payment.state, payment.invoice.is_some(), payment.receipts.len());
        Ok((found != wanted).then(|| (Harm::Lost, format!("the phone says {found:?}, not {wanted:?}"))))
    }

    async fn confirmed(&self, service: &ServiceId) -> Result<ConfirmationId> {
        let form = self.app.requests().form(service, Values::new()).await?.value;
        Ok(self.app.requests().confirm(service, filled(&form, &self.words)).await?.id)
    }

    async fn applied(&self, service: &ServiceId) -> Result<RequestId> {
        let operation = self.app.requests().submit(&self.confirmed(service).await?).await?;
        self.done(&operation).await?;
        let request = self.app.requests().of_operation(&operation).await?.value.summary.id;
        Ok(request.ok_or("a request without an id")?)
    }

    async fn done(&self, operation: &OperationId) -> Result<()> {
        let state = self.app.outbox().settle(operation, PATIENCE).await?.state;
        if state.is_final() { Ok(()) } else { Err(format!("in peace it is {state:?}").into()) }
    }

    /// «Иргэний үнэмлэх дахин захиалах» wants to know who orders it, of the last minutes.
    async fn confirmed_with_files(&self) -> Result<ConfirmationId> {
        let citizen = self.sandbox.config().citizens.first().ok_or("a sandbox without citizens")?;
        let proof = self.app.auth().step_up(Freshness::within(1)).await?;
        let callback = browser::approve(self.sandbox.config(), &proof.url, citizen).await?;
        self.app.auth().complete_sign_in(&callback).await?;
        let service = ServiceId::parse(IDENTITY_CARD).ok_or("no id of a service")?;
        let draft = self.app.requests().begin_draft(&service, Person::Me).await?;
        for (field, typed) in IDENTITY_CARD_ANSWERS {
            self.app.requests().answer(&draft, field.to_owned(), Some(typed.to_owned())).await?;
        }
        self.put_in(&draft, "photo", PHOTO).await?;
        self.put_in(&draft, "signature", 2_000).await?;
        Ok(self.app.requests().confirm_draft(&draft).await?.id)
    }

    async fn put_in(&self, draft: &DraftId, field: &str, size: usize) -> Result<()> {
        let picture =
            NewAttachment { name: "Зураг Ө.png".into(), media_type: "image/png".into(), size: size as u64 };
        let file = self.app.requests().attach(draft, field.to_owned(), picture).await?;
        self.app.requests().attachments().append(&file, 0, png(size)).await?;
        self.app.requests().answer(draft, field.to_owned(), Some(file.as_str().to_owned())).await?;
        Ok(())
    }

    /// What a clerk wants of a request, and the draft that answers it.
    async fn asked(&self, documents: &[&str]) -> Result<DraftId> {
        let request = self.applied(self.service).await?;
        self.control.ask(request.as_str(), &[], documents, &Text::mn("Дутуу байна")).await?;
        self.app.requests().refresh().await?;
        Ok(self.app.requests().amend(&request).await?)
    }

    async fn corrected(&self) -> Result<ConfirmationId> {
        let draft = self.asked(&[]).await?;
        let form = self.app.requests().draft(&draft).await?.form;
        for (field, typed) in filled(&form, &format!("{}, засав", self.words)) {
            self.app.requests().answer(&draft, field, Some(typed)).await?;
        }
        Ok(self.app.requests().confirm_draft(&draft).await?.id)
    }

    async fn picked(&self) -> Result<ConfirmationId> {
        let draft = self.asked(&["Төрсний гэрчилгээ"]).await?;
        let form = self.app.requests().draft(&draft).await?.form;
        let field = form.fields().find(|field| field.kind.is_file()).ok_or("no document is asked for")?.name.clone();
        self.put_in(&draft, &field, PHOTO).await?;
        Ok(self.app.requests().confirm_draft(&draft).await?.id)
    }
}

fn with_a_fee() -> Result<ServiceId> {
    Ok(ServiceId::parse(WITH_A_FEE).ok_or("no id of a service")?)
}

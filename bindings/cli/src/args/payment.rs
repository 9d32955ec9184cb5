//! Paying for a request.

use clap::Subcommand;
use emongolia_core::services::requests::RequestId;

use super::{LONGEST_WAIT_S, request_id};

#[derive(Debug, Subcommand)]
pub(crate) enum Paying {
    /// The invoice of a request, with its QR code and the banks' apps; however often, it is one
    #[command(after_help = "\
Example:
  emongolia request pay REQUEST_ID
  emongolia request payment REQUEST_ID --check       after paying: what the bank says")]
    Pay {
        /// Id from `request list`; also of a request that waits to be sent
        #[arg(value_parser = request_id)]
        request_id: RequestId,
        /// How long to wait for the answer; without one it is asked for later
        #[arg(long, value_name = "SECONDS", default_value_t = 20,
              value_parser = clap::value_parser!(u64).range(0..=LONGEST_WAIT_S as u64))]
        wait: u64,
    },
    /// How the payment of a request stands, with its receipts
    Payment {
        /// Id from `request list`
        #[arg(value_parser = request_id)]
        request_id: RequestId,
        /// Have it asked for now
        #[arg(long)]
        check: bool,
    },
    /// What you have paid, newest first
    Receipts {
        /// Go on behind this one
        #[arg(long, value_name = "ID")]
        before: Option<String>,
    },
}

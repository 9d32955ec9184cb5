import EMongoliaBindings

/// Paying for a request: its invoice, how it stands, receipts.
extension Requests {
    /// Has the invoice of a request asked for and gives the outbox's id of that; however often, it is one invoice.
    /// `payment.not_due`: nothing is to be paid. Committed.
    public func requestPayment(_ id: String) async throws -> String {
        try await calling { try await core.requestPayment(id: id) }
    }

    /// As `requestPayment`, for what `submit` gave and has not arrived: right behind it, and called off with it. Committed.
    public func payOnArrival(_ submission: String) async throws -> String {
        try await calling { try await core.payOnArrival(submission: submission) }
    }

    /// How the payment of a request stands, from the device. `NotFound`: as far as is known here, nothing is to be paid.
    public func payment(_ id: String) async throws -> Payment {
        try await calling { try await core.payment(id: id) }
    }

    /// Has the gateway ask QPay now. Committed.
    public func checkPayment(_ id: String) async throws -> Payment {
        try await calling { try await core.checkPayment(id: id) }
    }

    /// The citizen is back from a bank's app: it is asked, now and a few times more, whether they paid. Committed.
    public func backFromBank(_ id: String) async throws {
        try await calling { try await core.backFromBank(id: id) }
    }

    /// One page of what was paid, newest first, from the device.
    public func receipts(before: String? = nil) async throws -> ReceiptPage {
        try await calling { try await core.receipts(before: before) }
    }
}

package wire

import surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"

// AppendResponse appends an answer to b. When it returns false, the answer has to be written by the protobuf library, and what was appended
// is worth nothing. Fields that the API does not have, which can be in messages that were read but not in those that we make, are left out.
func AppendResponse(b []byte, m *surprisev1.RecommendResponse) ([]byte, bool) {
	w := writer{buf: b}
	w.response(m)
	return w.buf, !w.odd
}

// AppendStreamResponse is AppendResponse for an element of a stream. Errors are for the library.
func AppendStreamResponse(b []byte, m *surprisev1.RecommendStreamResponse) ([]byte, bool) {
	result, ok := m.GetResult().(*surprisev1.RecommendStreamResponse_Response)
	if !ok || result == nil {
		return b, false
	}
	w := writer{buf: b}
	w.string(1, m.GetRequestId())
	start := w.begin(2)
	w.response(result.Response)
	w.end(start)
	return w.buf, !w.odd
}

func (w *writer) response(m *surprisev1.RecommendResponse) {
	w.string(1, m.GetRequestId())
	w.string(2, m.GetDecisionId())
	w.int(3, int64(m.GetOutcome()))
	for _, o := range m.GetOffers() {
		start := w.begin(4)
		w.offer(o)
		w.end(start)
	}
	for _, r := range m.GetReasons() {
		start := w.begin(5)
		w.reason(r)
		w.end(start)
	}
	w.string(6, m.GetCatalogRevision())
	if h := m.GetHold(); h != nil {
		start := w.begin(7)
		w.hold(h)
		w.end(start)
	}
	for _, p := range m.GetPropensities() {
		start := w.begin(8)
		w.string(1, p.GetTemplate())
		w.string(2, p.GetLevel())
		w.float(3, p.GetProbability())
		w.end(start)
	}
}

func (w *writer) reason(m *surprisev1.ReasonDetail) {
	w.int(1, int64(m.GetReason()))
	w.string(2, m.GetText())
	w.int(3, int64(m.GetTemplates()))
	w.string(4, m.GetTemplate())
	w.time(5, m.GetEarliest())
}

func (w *writer) hold(m *surprisev1.Hold) {
	w.string(1, m.GetUntilStage())
	w.float(2, m.GetExpectedGain())
	w.float(3, m.GetProbability())
	w.float(4, m.GetGive())
	w.float(5, m.GetWait())
}

func (w *writer) offer(m *surprisev1.Offer) {
	w.string(1, m.GetToken())
	w.string(2, m.GetClaimId())
	w.string(3, m.GetTemplate())
	w.string(4, m.GetLevel())
	w.int(5, int64(m.GetKind()))
	w.int(6, int64(m.GetPurpose()))
	w.int(7, int64(m.GetBreakthrough()))
	w.traits(8, m.GetTraits())
	w.int(9, int64(m.GetVisibility()))
	w.string(10, m.GetTitle())
	w.string(11, m.GetMessage())
	if c := m.GetCard(); c != nil {
		start := w.begin(12)
		w.card(c)
		w.end(start)
	}
	w.string(13, m.GetLocale())
	if s := m.GetScore(); s != nil {
		start := w.begin(14)
		w.score(s)
		w.end(start)
	}
	w.int(15, m.GetCostMinor())
	w.string(16, m.GetCurrency())
	w.time(17, m.GetExpires())
	w.int(18, m.GetHoldSeconds())
	w.float(19, m.GetPropensity())
	w.string(20, m.GetWishId())
	w.bool(21, m.GetNeedsOrder())
	w.string(22, m.GetSlots())
}

// traits are one field together, as all lists of numbers in proto3.
func (w *writer) traits(number int, list []surprisev1.Trait) {
	if len(list) == 0 {
		return
	}
	start := w.begin(number)
	for _, t := range list {
		w.varint(uint64(t))
	}
	w.end(start)
}

func (w *writer) score(m *surprisev1.ScoreBreakdown) {
	w.float(1, m.GetScore())
	w.float(2, m.GetValue())
	w.float(3, m.GetMarket())
	w.float(4, m.GetHabit())
	w.float(5, m.GetExpectation())
	w.float(6, m.GetGap())
	w.float(7, m.GetMoment())
	w.float(8, m.GetFit())
	w.float(9, m.GetEffect())
	w.float(10, m.GetCostWeight())
	w.int(11, m.GetCostMinor())
}

func (w *writer) card(m *surprisev1.TaskCard) {
	w.string(1, m.GetRole())
	w.strings(2, m.GetSteps())
	w.string(3, m.GetSay())
	w.strings(4, m.GetAvoid())
	w.strings(5, m.GetWarnings())
	w.string(6, m.GetTitle())
	w.int(7, int64(m.GetVisibility()))
	w.string(8, m.GetEarnedReason())
	w.string(9, m.GetStore())
	w.time(10, m.GetDoBy())
	w.time(11, m.GetOrderBy())
	w.time(12, m.GetPickupFrom())
	w.time(13, m.GetPickupUntil())
	for _, memory := range m.GetMemories() {
		start := w.begin(14)
		w.time(1, memory.GetDelivered())
		w.string(2, memory.GetTag())
		w.string(3, memory.GetTemplate())
		w.end(start)
	}
	w.strings(15, m.GetItems())
	w.claimed(m)
	w.string(24, m.GetIcalendar())
	w.string(25, m.GetLocale())
	w.string(26, m.GetCustomerName())
	if l := m.GetLease(); l != nil {
		w.message(27, l)
	}
	w.string(28, m.GetTimeZone())
}

// claimed is what the cards of claims have, and those of offers have not.
func (w *writer) claimed(m *surprisev1.TaskCard) {
	w.string(16, m.GetClaimId())
	w.int(17, m.GetSerial())
	w.int(18, m.GetSerialOf())
	w.string(19, m.GetCode())
	if s := m.GetSlot(); s != nil {
		w.message(20, s)
	}
	w.string(21, m.GetOrderId())
	w.string(22, m.GetWish())
	if t := m.GetTrial(); t != nil {
		w.message(23, t)
	}
}

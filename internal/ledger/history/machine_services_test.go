package history

import (
	"fmt"

	"pgregory.net/rapid"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

func (m *machine) drawDelivery(t *rapid.T) {
	at, stamp := m.ago(t)
	d := delivery{id: fmt.Sprint(rapid.IntRange(1, 8).Draw(t, "id")), customer: drawCustomer(t), visit: "d1", at: at, staff: rapid.SampledFrom([]string{"an", "bo"}).Draw(t, "staff"),
		template: rapid.SampledFrom([]string{"", "", "cake", "tart", "piece", "ride"}).Draw(t, "template"), order: rapid.SampledFrom([]string{"", "o1"}).Draw(t, "order")}
	req := &surprisev1.RecordDeliveryRequest{DeliveryId: d.id, CustomerId: d.customer, Template: d.template, VisitId: d.visit, OrderId: d.order, StaffId: d.staff,
		Channel: surprisev1.Channel_POS, Delivered: stamp}
	if d.template == "" {
		req.Kind = surprisev1.Kind_GIFT
		d.cost, d.wallet = rapid.SampledFrom([]int64{1, 60, 100, 101}).Draw(t, "cost"), rapid.Bool().Draw(t, "wallet")
		d.given = d.wallet && rapid.Bool().Draw(t, "given")
		req.CostMinor, req.AlreadyGiven = d.cost, d.given
	}
	if d.wallet {
		req.WalletReason = "kindness"
	}
	m.deliver(t, d, req)
}

// deliver sends a delivery, which counts as known when its content does.
func (m *machine) deliver(t *rapid.T, d delivery, req *surprisev1.RecordDeliveryRequest) {
	d.content = req.String()
	call := func() (*surprisev1.Claim, bool, error) { return m.RecordDelivery(t.Context(), req) }
	known, unnamed, refusal := m.spec.deliver(d)
	switch {
	case refusal != "":
		m.answered(t, "delivery", "", false, []surprise.Reason{refusal}, call)
	case unnamed:
		m.spec.contents[d.customer+"/"+d.id] = d.content
		m.sent = append(m.sent, req)
		m.enterNew(t, "delivery", call, func(id string) { m.spec.enterDelivery(id, d) })
	default:
		m.answered(t, "delivery", known, true, nil, call)
	}
}

// drawDeliveryAgain sends an old one as it was sent then.
func (m *machine) drawDeliveryAgain(t *rapid.T) {
	if len(m.sent) == 0 {
		t.Skip("no deliveries")
	}
	req := rapid.SampledFrom(m.sent).Draw(t, "delivery")
	m.deliver(t, delivery{id: req.GetDeliveryId(), customer: req.GetCustomerId()}, req)
}

// reap ends what ran out, and has nothing left to do then.
func (m *machine) reap(t *rapid.T) {
	for _, who := range customers() {
		m.spec.tick(who)
	}
	if _, err := m.Reap(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := m.Reap(t.Context()); n != 0 || err != nil {
		t.Fatalf("reaped once more: %d (%v), want nothing", n, err)
	}
}

func (m *machine) drawWish(t *rapid.T) {
	who := drawCustomer(t)
	req := &surprisev1.PostWishRequest{RequestId: fmt.Sprint("r", len(m.spec.wishes)), CustomerId: who, Text: "a balloon"}
	post := func() (*surprisev1.Wish, bool, error) {
		return m.PostWish(t.Context(), req, func(string) []string { return nil })
	}
	w, replayed, err := post()
	id := w.GetWishId()
	if err != nil {
		id = "refused"
	}
	if refusal := m.spec.post(id, who); refusal != surprise.ReasonOf(err) || replayed {
		t.Fatalf("wish: got %v, replayed %v, error %v, want refusal %q", w, replayed, err, refusal)
	}
	if err != nil {
		return
	}
	if _, replayed, err := post(); err != nil || !replayed {
		t.Fatalf("wish again: replayed %v, %v", replayed, err)
	}
}

func (m *machine) drawWithdraw(t *rapid.T) {
	id := oneOf(t, "wish", m.spec.wishes)
	replay, refusal := m.spec.withdraw(id)
	_, replayed, err := m.WithdrawWish(t.Context(), &surprisev1.WithdrawWishRequest{WishId: id})
	if surprise.ReasonOf(err) != refusal || err == nil && replayed != replay {
		t.Fatalf("withdraw: replayed %v, %v, want %v, %q", replayed, err, replay, refusal)
	}
}

// drawJoin moves the clock a little: who joins within the same microsecond has no order.
func (m *machine) drawJoin(t *rapid.T) {
	m.pass(1000)
	m.spec.now = m.clock()
	who := drawCustomer(t)
	known := m.spec.openTicket(who)
	got, replayed, err := m.JoinWaitlist(t.Context(), &surprisev1.JoinWaitlistRequest{CustomerId: who, Template: "piece"})
	if err != nil || replayed != (known != "") || replayed && got.GetTicketId() != known {
		t.Fatalf("join: got %v, replayed %v, error %v, want the ticket %q", got, replayed, err, known)
	}
	if _, taken := m.spec.tickets[got.GetTicketId()]; taken != replayed {
		t.Fatalf("join: the new ticket %v was there before", got)
	}
	if !replayed {
		m.spec.join(got.GetTicketId(), who)
	}
	m.spec.serve()
}

func (m *machine) drawLeave(t *rapid.T) {
	id := oneOf(t, "ticket", m.spec.tickets)
	m.spec.leave(id)
	if _, err := m.LeaveWaitlist(t.Context(), &surprisev1.LeaveWaitlistRequest{TicketId: id}); err != nil {
		t.Fatal(err)
	}
}

func (m *machine) serve(t *rapid.T) {
	m.spec.serve()
	if err := m.ServeWaiting(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Package event writes what happened as CloudEvents 1.0, in protobuf and in JSON.
//
// The data of every event is a surprise.v1.Event: which customer (as a keyed hash), when, and the claim, wish, ticket or outcome as it was after
// the event. Secrets and texts are left out: neither a gift card's code nor what a customer wished for is in the log.
package event

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	cloudeventsv1 "github.com/surprise-service/surprised/api/io/cloudevents/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// Types of events.
const (
	ClaimHeld        = "claim.held"
	ClaimConfirmed   = "claim.confirmed"
	ClaimCancelled   = "claim.cancelled"
	ClaimExpired     = "claim.expired"
	ClaimReturned    = "claim.returned"
	DeliveryRecorded = "delivery.recorded"
	TrialReminder    = "trial.reminder"
	TrialEnded       = "trial.ended"
	OutcomeRecorded  = "outcome.recorded"
	WishPosted       = "wish.posted"
	WishWithdrawn    = "wish.withdrawn"
	WishGranted      = "wish.granted"
	WishLapsed       = "wish.lapsed"
	WaitlistJoined   = "waitlist.joined"
	WaitlistLeft     = "waitlist.left"
	WaitlistTurn     = "waitlist.turn"
	WaitlistMissed   = "waitlist.missed"
	WaitlistServed   = "waitlist.served"
	CardLeased       = "card.leased"
	CardReturned     = "card.returned"
	CustomerErased   = "customer.erased"
)

const (
	specVersion = "1.0"
	// source identifies the service among sources; the id is unique within it.
	source     = "//surprised/ledger"
	typePrefix = "surprise.v1."
)

// Types returns all types of events, in the order of the alphabet.
func Types() []string {
	return []string{
		CardLeased, CardReturned, ClaimCancelled, ClaimConfirmed, ClaimExpired, ClaimHeld, ClaimReturned, CustomerErased, DeliveryRecorded, OutcomeRecorded,
		TrialEnded, TrialReminder, WaitlistJoined, WaitlistLeft, WaitlistMissed, WaitlistServed, WaitlistTurn, WishGranted, WishLapsed, WishPosted, WishWithdrawn,
	}
}

// Subject is the id of the claim, wish, ticket or outcome that an event is about, or else the customer's key.
func Subject(e *surprisev1.Event) string {
	for _, id := range []string{e.GetTicket().GetTicketId(), e.GetWish().GetWishId(), e.GetOutcome().GetOutcomeId(), e.GetClaim().GetClaimId()} {
		if id != "" {
			return id
		}
	}
	return e.GetCustomerKey()
}

// Decode reads a CloudEvent and its data.
func Decode(data []byte) (*cloudeventsv1.CloudEvent, *surprisev1.Event, error) {
	ce := &cloudeventsv1.CloudEvent{}
	if err := proto.Unmarshal(data, ce); err != nil {
		return nil, nil, fmt.Errorf("event: decode: %w", err)
	}
	e := &surprisev1.Event{}
	if ce.GetProtoData() == nil {
		return nil, nil, errors.New("event: decode: it has no data")
	}
	if err := ce.GetProtoData().UnmarshalTo(e); err != nil {
		return nil, nil, fmt.Errorf("event: decode data: %w", err)
	}
	return ce, e, nil
}

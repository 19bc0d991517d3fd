package server

import (
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// surelyValid reports whether a request of a decision or a claim keeps all rules of its proto, in a fiftieth of the time that the rules take when
// they are looked up. False: it may keep them or not; the rules themselves decide, and say what is wrong. The tests hold both against each
// other at the edges of every rule, and fail when a rule is added that is not here.
func surelyValid(m proto.Message) bool {
	switch m := m.(type) {
	case *surprisev1.RecommendRequest:
		return validRequest(m)
	case *surprisev1.RecommendStreamRequest:
		return m.GetRequest() != nil && validRequest(m.GetRequest())
	case *surprisev1.ClaimRequest:
		return m.GetOfferToken() != "" && upTo(4096, m.GetOfferToken()) && m.GetCustomerId() != "" && validCustomerID(m.GetCustomerId()) &&
			upTo(128, m.GetStaffId(), m.GetOrderId()) && upTo(64, m.GetSlotId())
	case *surprisev1.ConfirmRequest:
		return m.GetClaimId() != "" && upTo(128, m.GetClaimId(), m.GetStaffId(), m.GetOrderId()) && validCustomerID(m.GetCustomerId()) &&
			upTo(200, m.GetMemoryTag())
	}
	return false
}

func validRequest(m *surprisev1.RecommendRequest) bool {
	return upTo(128, m.GetRequestId()) && upTo(64, m.GetLocale()) && within(0, m.GetMaxOffers(), 10) &&
		m.GetCustomer() != nil && validCustomer(m.GetCustomer()) && m.GetMoment() != nil && validMoment(m.GetMoment())
}

func validCustomer(m *surprisev1.CustomerProfile) bool {
	return m.GetId() != "" && validCustomerID(m.GetId()) && upTo(200, m.GetDisplayName()) && upTo(64, m.GetLocale(), m.GetTimeZone(), m.GetTier()) &&
		len(m.GetHouseholdId()) <= 256 && m.GetLifetimeValueMinor() >= 0 && within(0, m.GetOpenComplaints(), 1_000_000) &&
		unlessAbsent(0, m.Satisfaction, 1) && validBirthday(m.GetBirthday()) && validDates(m.GetMemberSince(), m.GetComplaintResolved()) &&
		validVisits(m.GetVisits()) && words(100, m.GetLikes(), m.GetDislikes(), m.GetAllergies(), m.GetPains(), m.GetTags()) &&
		validRelations(m.GetRelations()) && validConsents(m.GetConsents()) && validAttributes(m.GetAttributes())
}

func validMoment(m *surprisev1.Moment) bool {
	return m.GetStage() != "" && upTo(64, m.GetJourney(), m.GetStage(), m.GetStore(), m.GetRegion()) && upTo(128, m.GetVisitId()) &&
		m.GetChannel() != 0 && surprisev1.Channel_name[int32(m.GetChannel())] != "" && unlessAbsent(0, m.DistanceKm, 50_000) &&
		validWeather(m.GetWeather()) && validParty(m.GetParty()) && validBasket(m.GetBasket()) && validAttributes(m.GetAttributes())
}

func validWeather(m *surprisev1.Weather) bool {
	return m == nil || unlessAbsent(-90, m.Temperature, 70) && upTo(64, m.GetCondition())
}

func validParty(m *surprisev1.Party) bool {
	return within(0, m.GetSize(), 10_000) && within(0, m.GetChildren(), 10_000)
}

func validBasket(m *surprisev1.Basket) bool {
	return m.GetTotalMinor() >= 0 && m.GetItems() >= 0 && words(200, m.GetCategories())
}

func validCustomerID(id string) bool { return len(id) <= 256 && strings.IndexByte(id, 0) < 0 }

func validDates(dates ...*surprisev1.Date) bool {
	for _, m := range dates {
		if m != nil && (!within(1800, m.GetYear(), 9999) || !within(1, m.GetMonth(), 12) || !within(1, m.GetDay(), 31)) {
			return false
		}
	}
	return true
}

func validBirthday(m *surprisev1.Birthday) bool {
	return m == nil || surprisev1.Calendar_name[int32(m.GetCalendar())] != "" && within(0, m.GetYear(), 9999) && within(1, m.GetMonth(), 12) &&
		within(1, m.GetDay(), 31)
}

func validVisits(m *surprisev1.Visits) bool {
	return m == nil || validDates(m.GetLast()) && m.GetLast_30D() >= 0 && m.GetLast_365D() >= 0 && m.GetTotal() >= 0
}

func validRelations(list []*surprisev1.Relation) bool {
	for _, m := range list {
		if m.GetKind() == "" || !upTo(64, m.GetKind()) || !upTo(200, m.GetName()) || !validBirthday(m.GetBirthday()) || !validConsent(m.GetConsent()) {
			return false
		}
	}
	return len(list) <= 50
}

func validConsents(m *surprisev1.Consents) bool {
	return validConsent(m.GetSurprises()) && validConsent(m.GetPersonalOccasions()) && validConsent(m.GetPublicDelivery())
}

func validConsent(c surprisev1.Consent) bool { return surprisev1.Consent_name[int32(c)] != "" }

func validAttributes(m map[string]*structpb.Value) bool {
	for name := range m {
		if name == "" || !upTo(64, name) {
			return false
		}
	}
	return len(m) <= 200
}

// words reports whether lists have at most so many texts each, of 1 to 100 characters.
func words(most int, lists ...[]string) bool {
	for _, list := range lists {
		for _, s := range list {
			if s == "" || !upTo(100, s) {
				return false
			}
		}
		if len(list) > most {
			return false
		}
	}
	return true
}

// upTo reports whether texts have at most so many characters each. There are at least as many bytes as characters, and those need no counting.
func upTo(most int, texts ...string) bool {
	for _, s := range texts {
		if len(s) > most && utf8.RuneCountInString(s) > most {
			return false
		}
	}
	return true
}

// within reports whether a number is between two others; not-a-number never is.
func within[N int32 | float64](least, n, most N) bool { return least <= n && n <= most }

// unlessAbsent is within, for numbers that may be absent.
func unlessAbsent(least float64, n *float64, most float64) bool {
	return n == nil || within(least, *n, most)
}

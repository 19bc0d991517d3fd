package rule

import surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"

// addCustomer adds what stands in the profile itself. Getters take what is not set for empty, as CEL does.
func (t *fields) addCustomer() {
	t.text("customer.id", func(f *Facts) string { return f.customer.GetId() })
	t.text("customer.display_name", func(f *Facts) string { return f.customer.GetDisplayName() })
	t.text("customer.locale", func(f *Facts) string { return f.customer.GetLocale() })
	t.text("customer.time_zone", func(f *Facts) string { return f.customer.GetTimeZone() })
	t.text("customer.tier", func(f *Facts) string { return f.customer.GetTier() })
	t.text("customer.household_id", func(f *Facts) string { return f.customer.GetHouseholdId() })
	t.int64("customer.lifetime_value_minor", func(f *Facts) int64 { return f.customer.GetLifetimeValueMinor() })
	t.int32("customer.open_complaints", func(f *Facts) int32 { return f.customer.GetOpenComplaints() })
	t.double("customer.satisfaction", func(f *Facts) *float64 {
		if f.customer == nil {
			return nil
		}
		return f.customer.Satisfaction
	})
	t.texts("customer.likes", func(f *Facts) []string { return f.customer.GetLikes() })
	t.texts("customer.dislikes", func(f *Facts) []string { return f.customer.GetDislikes() })
	t.texts("customer.allergies", func(f *Facts) []string { return f.customer.GetAllergies() })
	t.texts("customer.pains", func(f *Facts) []string { return f.customer.GetPains() })
	t.texts("customer.tags", func(f *Facts) []string { return f.customer.GetTags() })
	t.date("customer.member_since", func(f *Facts) *surprisev1.Date { return f.customer.GetMemberSince() })
	t.date("customer.complaint_resolved", func(f *Facts) *surprisev1.Date { return f.customer.GetComplaintResolved() })
	t.sizes["customer.relations"] = func(f *Facts) int { return len(f.customer.GetRelations()) }
}

// addPeople adds the messages within the profile.
func (t *fields) addPeople() {
	message(t, "customer.birthday", func(f *Facts) *surprisev1.Birthday { return f.customer.GetBirthday() })
	t.enum("customer.birthday.calendar", func(f *Facts) int32 { return int32(f.customer.GetBirthday().GetCalendar()) })
	t.int32("customer.birthday.year", func(f *Facts) int32 { return f.customer.GetBirthday().GetYear() })
	t.int32("customer.birthday.month", func(f *Facts) int32 { return f.customer.GetBirthday().GetMonth() })
	t.int32("customer.birthday.day", func(f *Facts) int32 { return f.customer.GetBirthday().GetDay() })
	t.bool("customer.birthday.leap_month", func(f *Facts) bool { return f.customer.GetBirthday().GetLeapMonth() })
	message(t, "customer.visits", func(f *Facts) *surprisev1.Visits { return f.customer.GetVisits() })
	t.date("customer.visits.last", func(f *Facts) *surprisev1.Date { return f.customer.GetVisits().GetLast() })
	t.int32("customer.visits.last_30d", func(f *Facts) int32 { return f.customer.GetVisits().GetLast_30D() })
	t.int32("customer.visits.last_365d", func(f *Facts) int32 { return f.customer.GetVisits().GetLast_365D() })
	t.int32("customer.visits.total", func(f *Facts) int32 { return f.customer.GetVisits().GetTotal() })
	message(t, "customer.consents", func(f *Facts) *surprisev1.Consents { return f.customer.GetConsents() })
	t.enum("customer.consents.surprises", func(f *Facts) int32 { return int32(f.customer.GetConsents().GetSurprises()) })
	t.enum("customer.consents.personal_occasions", func(f *Facts) int32 { return int32(f.customer.GetConsents().GetPersonalOccasions()) })
	t.enum("customer.consents.public_delivery", func(f *Facts) int32 { return int32(f.customer.GetConsents().GetPublicDelivery()) })
}

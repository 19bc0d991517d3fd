package wire

import (
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

func (r *request) readCustomer(data string) bool { //nolint:cyclop,funlen // a case for each field
	f, m := fields{rest: data}, &r.customer
	for f.next() {
		switch f.key {
		case 1<<typeBits | sized:
			m.Id = f.string()
		case 2<<typeBits | sized:
			m.DisplayName = f.string()
		case 3<<typeBits | sized:
			m.Locale = f.string()
		case 4<<typeBits | sized:
			m.TimeZone = f.string()
		case 5<<typeBits | sized:
			f.must(m.Birthday == nil && readBirthday(f.text, &r.birthday))
			m.Birthday = &r.birthday
		case 6<<typeBits | sized:
			f.must(m.MemberSince == nil && readDate(f.text, &r.memberSince))
			m.MemberSince = &r.memberSince
		case 7<<typeBits | sized:
			m.Tier = f.string()
		case 8<<typeBits | varint:
			m.LifetimeValueMinor = f.int64()
		case 9<<typeBits | sized:
			f.must(m.Visits == nil && r.readVisits(f.text))
			m.Visits = &r.visits
		case 10<<typeBits | fixed64:
			r.satisfaction = f.float()
			m.Satisfaction = &r.satisfaction
		case 11<<typeBits | varint:
			m.OpenComplaints = f.int32()
		case 12<<typeBits | sized:
			m.Likes = r.add(m.Likes, f.string())
		case 13<<typeBits | sized:
			m.Dislikes = r.add(m.Dislikes, f.string())
		case 14<<typeBits | sized:
			m.Allergies = r.add(m.Allergies, f.string())
		case 15<<typeBits | sized:
			m.Pains = r.add(m.Pains, f.string())
		case 16<<typeBits | sized:
			m.Tags = r.add(m.Tags, f.string())
		case 17<<typeBits | sized:
			m.Relations = append(m.Relations, new(surprisev1.Relation))
			f.must(readRelation(f.text, m.Relations[len(m.Relations)-1]))
		case 18<<typeBits | sized:
			f.must(m.Consents == nil)
			m.Consents = new(surprisev1.Consents)
			f.must(readConsents(f.text, m.Consents))
		case 19<<typeBits | sized:
			f.must(r.readAttribute(&f, &m.Attributes))
		case 20<<typeBits | sized:
			f.must(m.ComplaintResolved == nil)
			m.ComplaintResolved = new(surprisev1.Date)
			f.must(readDate(f.text, m.ComplaintResolved))
		case 21<<typeBits | sized:
			m.HouseholdId = f.string()
		default:
			return false
		}
	}
	return f.done()
}

func readDate(data string, m *surprisev1.Date) bool {
	f := fields{rest: data}
	for f.next() {
		switch f.key {
		case 1<<typeBits | varint:
			m.Year = f.int32()
		case 2<<typeBits | varint:
			m.Month = f.int32()
		case 3<<typeBits | varint:
			m.Day = f.int32()
		default:
			return false
		}
	}
	return f.done()
}

func readBirthday(data string, m *surprisev1.Birthday) bool {
	f := fields{rest: data}
	for f.next() {
		switch f.key {
		case 1<<typeBits | varint:
			m.Calendar = surprisev1.Calendar(f.int32())
		case 2<<typeBits | varint:
			m.Year = f.int32()
		case 3<<typeBits | varint:
			m.Month = f.int32()
		case 4<<typeBits | varint:
			m.Day = f.int32()
		case 5<<typeBits | varint:
			m.LeapMonth = f.bool()
		default:
			return false
		}
	}
	return f.done()
}

func (r *request) readVisits(data string) bool {
	f, m := fields{rest: data}, &r.visits
	for f.next() {
		switch f.key {
		case 1<<typeBits | sized:
			f.must(m.Last == nil && readDate(f.text, &r.lastVisit))
			m.Last = &r.lastVisit
		case 2<<typeBits | varint:
			m.Last_30D = f.int32()
		case 3<<typeBits | varint:
			m.Last_365D = f.int32()
		case 4<<typeBits | varint:
			m.Total = f.int32()
		default:
			return false
		}
	}
	return f.done()
}

func readRelation(data string, m *surprisev1.Relation) bool {
	f := fields{rest: data}
	for f.next() {
		switch f.key {
		case 1<<typeBits | sized:
			m.Kind = f.string()
		case 2<<typeBits | sized:
			m.Name = f.string()
		case 3<<typeBits | sized:
			f.must(m.Birthday == nil)
			m.Birthday = new(surprisev1.Birthday)
			f.must(readBirthday(f.text, m.Birthday))
		case 4<<typeBits | varint:
			m.Consent = surprisev1.Consent(f.int32())
		default:
			return false
		}
	}
	return f.done()
}

func readConsents(data string, m *surprisev1.Consents) bool {
	f := fields{rest: data}
	for f.next() {
		switch f.key {
		case 1<<typeBits | varint:
			m.Surprises = surprisev1.Consent(f.int32())
		case 2<<typeBits | varint:
			m.PersonalOccasions = surprisev1.Consent(f.int32())
		case 3<<typeBits | varint:
			m.PublicDelivery = surprisev1.Consent(f.int32())
		default:
			return false
		}
	}
	return f.done()
}

package wire

import (
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

func (r *parts) readCustomer(f fields) bool { //nolint:cyclop,funlen // a case for each field
	m := &r.customer
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
			f.must(m.Birthday == nil && readBirthday(f.below(), &r.birthday))
			m.Birthday = &r.birthday
		case 6<<typeBits | sized:
			f.must(m.MemberSince == nil && readDate(f.below(), &r.memberSince))
			m.MemberSince = &r.memberSince
		case 7<<typeBits | sized:
			m.Tier = f.string()
		case 8<<typeBits | varint:
			m.LifetimeValueMinor = f.int64()
		case 9<<typeBits | sized:
			f.must(m.Visits == nil && r.readVisits(f.below()))
			m.Visits = &r.visits
		case 10<<typeBits | fixed64:
			r.satisfaction = f.float()
			m.Satisfaction = &r.satisfaction
		case 11<<typeBits | varint:
			m.OpenComplaints = f.int32()
		case 12<<typeBits | sized:
			m.Likes = r.texts.add(m.Likes, f.string())
		case 13<<typeBits | sized:
			m.Dislikes = r.texts.add(m.Dislikes, f.string())
		case 14<<typeBits | sized:
			m.Allergies = r.texts.add(m.Allergies, f.string())
		case 15<<typeBits | sized:
			m.Pains = r.texts.add(m.Pains, f.string())
		case 16<<typeBits | sized:
			m.Tags = r.texts.add(m.Tags, f.string())
		case 17<<typeBits | sized:
			room := r.relations.next()
			m.Relations = r.relationLists.add(m.Relations, &room.relation)
			f.must(room.read(f.below()))
		case 18<<typeBits | sized:
			f.must(m.Consents == nil && readConsents(f.below(), &r.consents))
			m.Consents = &r.consents
		case 19<<typeBits | sized:
			f.must(r.readAttribute(&f, &m.Attributes, &r.ofCustomer))
		case 20<<typeBits | sized:
			f.must(m.ComplaintResolved == nil && readDate(f.below(), &r.complaintResolved))
			m.ComplaintResolved = &r.complaintResolved
		case 21<<typeBits | sized:
			m.HouseholdId = f.string()
		default:
			return false
		}
	}
	return f.done()
}

func readDate(f fields, m *surprisev1.Date) bool {
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

func readBirthday(f fields, m *surprisev1.Birthday) bool {
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

func (r *parts) readVisits(f fields) bool {
	m := &r.visits
	for f.next() {
		switch f.key {
		case 1<<typeBits | sized:
			f.must(m.Last == nil && readDate(f.below(), &r.lastVisit))
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

// relation has room for a person and their birthday.
type relation struct {
	relation surprisev1.Relation
	birthday surprisev1.Birthday
}

func (r *relation) read(f fields) bool {
	m := &r.relation
	for f.next() {
		switch f.key {
		case 1<<typeBits | sized:
			m.Kind = f.string()
		case 2<<typeBits | sized:
			m.Name = f.string()
		case 3<<typeBits | sized:
			f.must(m.Birthday == nil && readBirthday(f.below(), &r.birthday))
			m.Birthday = &r.birthday
		case 4<<typeBits | varint:
			m.Consent = surprisev1.Consent(f.int32())
		default:
			return false
		}
	}
	return f.done()
}

func readConsents(f fields, m *surprisev1.Consents) bool {
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

package matchers

import (
	"slices"

	"github.com/surprise-service/surprised/bench/internal/rules"
)

// row is a profile of the plain shape as a struct, which expr and grule read fastest. Fields are in the order of the attributes.
type row struct {
	Stage, Channel, Store, Tier, Country, City, Gender, Locale, Daypart, Weather    string
	Age, Visits30d, Visits365d, Spend90d, Lifetime, DaysSince, Tenure, Churn, Party int
	OptedIn, HasApp, Birthday, Complaint                                            bool
	Allergies, Likes                                                                []string
}

// fields are the names of the fields of a row, by attribute.
func fields() []string {
	return []string{
		"Stage", "Channel", "Store", "Tier", "Country", "City", "Gender", "Locale", "Daypart", "Weather",
		"Age", "Visits30d", "Visits365d", "Spend90d", "Lifetime", "DaysSince", "Tenure", "Churn", "Party",
		"OptedIn", "HasApp", "Birthday", "Complaint", "Allergies", "Likes",
	}
}

// field is the name of an attribute in a row.
func field(attribute int) string { return fields()[attribute] }

func newRow(p rules.Profile) *row {
	return &row{
		Stage: p[0].Word, Channel: p[1].Word, Store: p[2].Word, Tier: p[3].Word, Country: p[4].Word, City: p[5].Word, Gender: p[6].Word,
		Locale: p[7].Word, Daypart: p[8].Word, Weather: p[9].Word,
		Age: int(p[10].Number), Visits30d: int(p[11].Number), Visits365d: int(p[12].Number), Spend90d: int(p[13].Number), Lifetime: int(p[14].Number),
		DaysSince: int(p[15].Number), Tenure: int(p[16].Number), Churn: int(p[17].Number), Party: int(p[18].Number),
		OptedIn: p[19].Flag, HasApp: p[20].Flag, Birthday: p[21].Flag, Complaint: p[22].Flag, Allergies: p[23].Words, Likes: p[24].Words,
	}
}

// Allergic tells grule, which has no lists in conditions, whether a word is among the allergies.
func (r *row) Allergic(word string) bool { return slices.Contains(r.Allergies, word) }

// Fond tells it whether a word is among the likes.
func (r *row) Fond(word string) bool { return slices.Contains(r.Likes, word) }

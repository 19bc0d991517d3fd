package wish_test

import (
	"fmt"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/wish"
)

func ExampleMatcher_Match() {
	template := &surprisev1.Template{Id: "rainy_day", Grants: []string{"umbrella", "coaster"}}
	m := wish.New(&catalog.Catalog{
		Source: &surprisev1.Catalog{Wishes: &surprisev1.WishPolicy{Synonyms: []*surprisev1.Synonym{
			{Tag: "umbrella", Words: []string{"雨傘"}}, {Tag: "coaster", Words: []string{"杯垫"}},
		}}},
		Templates: []*catalog.Template{{ID: template.GetId(), Source: template}},
	})
	for _, text := range []string{"希望店里有雨伞和杯墊", "Two UMBRELLAS, please!"} {
		for _, match := range m.Match(text, 10) {
			for _, w := range match.GetWords() {
				fmt.Println(match.GetTemplate(), w.GetTag(), w.GetWord(), w.GetStart(), w.GetLength())
			}
		}
	}
	// Output:
	// rainy_day umbrella 雨伞 5 2
	// rainy_day coaster 杯墊 8 2
	// rainy_day umbrella UMBRELLAS 4 9
}

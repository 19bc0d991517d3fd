package matchers_test

import (
	"testing"

	"github.com/surprise-service/surprised/bench/internal/matchers"
	"github.com/surprise-service/surprised/bench/internal/rules"
)

// TestAgreement has every engine answer the same questions, in every shape that it takes.
func TestAgreement(t *testing.T) {
	const size, people = 60, 40
	for _, shape := range rules.Shapes() {
		c := rules.Generate(shape, 5, size)
		profiles := rules.Profiles(c.Attributes, 7, people)
		for _, name := range matchers.Names() {
			if !matchers.Takes(name, shape, size) {
				continue
			}
			t.Run(string(shape)+"/"+name, func(t *testing.T) { agree(t, name, c, profiles) })
		}
	}
}

func agree(t *testing.T, name string, c *rules.Catalog, profiles []rules.Profile) {
	t.Helper()
	e, err := matchers.New(name)
	if err == nil {
		err = e.Build(c)
	}
	if err == nil {
		err = e.Prepare(c, profiles)
	}
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range profiles {
		got, err := e.Match(i, nil)
		if err != nil {
			t.Fatal(err)
		}
		if want := c.Matches(p); matchers.Answer(got) != matchers.Answer(want) {
			t.Fatalf("profile %d: got %v, want %v", i, got, want)
		}
	}
}

func TestUnknown(t *testing.T) {
	if _, err := matchers.New("drools"); err == nil {
		t.Error("there is no such engine here")
	}
}

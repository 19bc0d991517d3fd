// Package workload makes the catalogue and the calls of the service's part of the bench.
package workload

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"google.golang.org/protobuf/proto"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/bench/internal/rules"
	"github.com/surprise-service/surprised/internal/server"
)

const (
	// Known is how many customers have been here before: the ledger has a record of each.
	Known = 2000
	// kinds is how many profiles there are; customers have them in turn.
	kinds = 1000

	seed        = 1
	profileSeed = 11
)

// Shop is a generated catalogue with its customers.
type Shop struct {
	catalog  *rules.Catalog
	profiles []rules.Profile
}

// New returns a shop with so many templates.
func New(templates int) *Shop {
	c := rules.Generate(rules.Plain, seed, templates)
	return &Shop{c, rules.Profiles(c.Attributes, profileSeed, kinds)}
}

// WriteCatalog writes the files of the catalogue into a new folder.
func (s *Shop) WriteCatalog(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, f := range s.catalog.Files() {
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o600); err != nil {
			return fmt.Errorf("write the catalogue: %w", err)
		}
	}
	return nil
}

// Request returns the request of the n-th customer of a group: the profiles in turn, under ids of their own.
func (s *Shop) Request(group string, n int) *surprisev1.RecommendRequest {
	return s.catalog.Request(s.profiles[n%len(s.profiles)], fmt.Sprintf("%s-%d", group, n))
}

// Requests returns the first n requests of a group.
func (s *Shop) Requests(group string, n int) []*surprisev1.RecommendRequest {
	out := make([]*surprisev1.RecommendRequest, n)
	for i := range out {
		out[i] = s.Request(group, i)
	}
	return out
}

// WriteKeys writes a file of API keys with one that may do everything, and returns that.
func WriteKeys(file string) (key string, err error) {
	key = server.KeyPrefix + rand.Text()
	line := server.KeyLine("bench", key, server.AllPermissions())
	return key, os.WriteFile(file, []byte(line+"\n"), 0o600)
}

// Encode returns the bytes of messages.
func Encode[M proto.Message](messages []M) ([][]byte, error) {
	out := make([][]byte, len(messages))
	for i, m := range messages {
		var err error
		if out[i], err = proto.Marshal(m); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// typical returns the answer whose length is the median.
func typical(answers []*surprisev1.RecommendResponse) *surprisev1.RecommendResponse {
	slices.SortFunc(answers, func(a, b *surprisev1.RecommendResponse) int { return proto.Size(a) - proto.Size(b) })
	return answers[len(answers)/2]
}

package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// do makes a call over HTTP and reads its answer.
func (s *service) do(method, path, accept, body string) (code int, header http.Header, text string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.web+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Accept", accept)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(raw)
}

// json makes a call that must succeed.
func (s *service) json(method, path, body string) map[string]any {
	s.t.Helper()
	code, _, text := s.do(method, path, "application/json", body)
	var out map[string]any
	if err := json.Unmarshal([]byte(text), &out); err != nil || code != http.StatusOK {
		s.t.Fatalf("%s %s: got %d, %s, %v", method, path, code, text, err)
	}
	return out
}

// at follows names and positions into an answer.
func at(v any, path ...any) any {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			v = v.(map[string]any)[p]
		case int:
			v = v.([]any)[p]
		}
	}
	return v
}

// booked claims an hour of advice, and returns the claim's id.
func (s *service) booked(who string) string {
	s.t.Helper()
	starts := time.Now().Add(48 * time.Hour).UTC().Truncate(time.Hour)
	s.json(http.MethodPost, "/v1/limits/advice/slots", fmt.Sprintf(`{"store":"taipei-1","slots":[{"id":"s1","starts":%q,"ends":%q,"adviser":"Lin"}]}`,
		starts.Format(time.RFC3339), starts.Add(time.Hour).Format(time.RFC3339)))
	offers := s.json(http.MethodPost, "/v1/recommendations", fmt.Sprintf(`{"customer":{"id":%q},"moment":{"stage":"shopping","channel":"APP","store":"taipei-1"}}`, who))
	token := at(offers, "offers", 0, "token")
	return at(s.json(http.MethodPost, "/v1/claims", fmt.Sprintf(`{"offerToken":%q,"customerId":%q,"slotId":"s1"}`, token, who)), "claim", "claimId").(string)
}

// TestCardPages are pages for a browser and a printer, never run anything, and are kept by no cache.
func TestCardPages(t *testing.T) {
	s := start(t, testServices("mem:"))
	card, shelf := "/v1/claims/"+s.booked("mei")+"/card", "/v1/stores/taipei-1/shelf"
	const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	for name, tc := range map[string]struct{ path, accept, kind, has string }{
		"for a browser":        {card, browser, "text/html; charset=utf-8", "<!DOCTYPE html>"},
		"for a printer":        {card + "?as=html&format=RECEIPT_58", "*/*", "text/html; charset=utf-8", "58mm"},
		"as text":              {card + "?as=html&format=TEXT", "*/*", "text/plain; charset=utf-8", "===="},
		"a shelf":              {shelf, browser, "text/html; charset=utf-8", "<!DOCTYPE html>"},
		"a shelf as text":      {shelf + "?as=html&format=TEXT&locale=zh-Hant", "*/*", "text/plain; charset=utf-8", "驚喜小角落"},
		"the time":             {card + ".ics", browser, "text/calendar; charset=utf-8", "BEGIN:VEVENT"},
		"JSON for a browser":   {card + "?as=json", browser, "application/json", `"claim"`},
		"JSON":                 {card + "?format=TEXT", "application/json", "application/json", `"rendered"`},
		"HTML is not accepted": {card, "text/html;q=0", "application/json", `"claim"`},
	} {
		code, header, text := s.do(http.MethodGet, tc.path, tc.accept, "")
		if code != http.StatusOK || header.Get("Content-Type") != tc.kind || !strings.Contains(text, tc.has) {
			t.Errorf("%s: got %d, %s, %.300s", name, code, header.Get("Content-Type"), text)
		}
		if tc.kind == "application/json" {
			continue
		}
		if header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: got %v", name, header)
		}
		if csp := header.Get("Content-Security-Policy"); strings.HasPrefix(tc.kind, "text/html") && !strings.HasPrefix(csp, "default-src 'none'; style-src 'unsafe-inline'") {
			t.Errorf("%s: got the policy %q", name, csp)
		}
	}
}

// TestCardPageOfAProfile shows what a customer wrote as text.
func TestCardPageOfAProfile(t *testing.T) {
	s := start(t, testServices("mem:"))
	path := "/v1/claims/" + s.booked("mei") + ":card"
	code, header, text := s.do(http.MethodPost, path, "text/html", `{"customer":{"id":"mei","displayName":"<script>alert(1)</script>"},"format":"RECEIPT_80"}`)
	if code != http.StatusOK || header.Get("Content-Type") != "text/html; charset=utf-8" || strings.Contains(text, "<script") || !strings.Contains(text, "&lt;script&gt;") {
		t.Errorf("got %d, %v, %s", code, header, text)
	}
}

// TestCardPagesRefused are errors as everywhere.
func TestCardPagesRefused(t *testing.T) {
	s := start(t, testServices("mem:"))
	claim := "/v1/claims/" + s.booked("mei")
	for name, tc := range map[string]struct {
		method, path, body, reason string
		http                       int
	}{
		"another form":       {http.MethodGet, claim + "/card?as=pdf", "", "INVALID_REQUEST", 400},
		"another format":     {http.MethodGet, claim + "/card?format=A7", "", "INVALID_REQUEST", 400},
		"another parameter":  {http.MethodGet, claim + "/card?lang=ja", "", "INVALID_REQUEST", 400},
		"a claim twice":      {http.MethodGet, claim + "/card?claimId=x", "", "INVALID_REQUEST", 400},
		"no such claim":      {http.MethodGet, "/v1/claims/c0/card", "", "CLAIM_NOT_FOUND", 404},
		"no such claim, ics": {http.MethodGet, "/v1/claims/c0/card.ics", "", "CLAIM_NOT_FOUND", 404},
		"another customer":   {http.MethodPost, claim + ":card", `{"customer":{"id":"bo"}}`, "CLAIM_NOT_FOUND", 404},
		"not JSON":           {http.MethodPost, claim + ":card", `{`, "INVALID_REQUEST", 400},
		"Mars":               {http.MethodPost, claim + ":card", `{"customer":{"id":"mei","timeZone":"Mars/Base"}}`, "UNKNOWN_TIME_ZONE", 400},
		"no such store":      {http.MethodGet, "/v1/stores/mars/shelf", "", "NO_CORNER", 404},
		"no corner":          {http.MethodGet, "/v1/stores/taipei-2/shelf", "", "NO_CORNER", 404},
	} {
		for _, accept := range []string{"text/html", "application/json"} {
			code, header, text := s.do(tc.method, tc.path, accept, tc.body)
			if code != tc.http || !strings.Contains(text, `"`+tc.reason+`"`) || header.Get("Content-Type") != "application/json" {
				t.Errorf("%s as %s: got %d, %v, %s", name, accept, code, header, text)
			}
		}
	}
}

// TestServicesOverHTTP drives what the claim calls do not: wishes, stock, the waiting list, reports, and a customer who wants to be forgotten.
func TestServicesOverHTTP(t *testing.T) {
	s := start(t, testServices("mem:"))
	const get, post = http.MethodGet, http.MethodPost
	wish := s.json(post, "/v1/wishes", `{"requestId":"1","customerId":"mei","text":"下雨了，想要一把雨傘","store":"taipei-1","privacy":"ON_THE_WALL"}`)
	id := at(wish, "wish", "wishId").(string)
	if code, _, text := s.do(post, "/v1/wishes/"+id+":grant", "", `{"channel":"POS"}`); code != http.StatusConflict || !strings.Contains(text, "WISH_TOO_YOUNG") {
		t.Errorf("granted at once: got %d, %s", code, text)
	}
	if s.json(post, "/v1/wishes", `{"requestId":"1","customerId":"mei","text":"下雨了，想要一把雨傘","store":"taipei-1","privacy":"ON_THE_WALL"}`)["replayed"] != true {
		t.Error("the same wish again is not replayed")
	}
	if note := at(s.json(get, "/v1/wall", ""), "notes", 0).(map[string]any); note["text"] != "下雨了，想要一把雨傘" || note["wishId"] != nil {
		t.Errorf("the wall: got %v", note)
	}
	if got := at(s.json(get, "/v1/wishes?tags=umbrella", ""), "wishes", 0, "wishId"); got != id {
		t.Errorf("the wishes: got %v", got)
	}
	match := s.json(post, "/v1/wishes/"+id+":match", `{}`)
	if at(match, "matches", 0, "template") != "umbrella_wish" || at(match, "matches", 0, "words", 0, "word") != "雨傘" {
		t.Errorf("the match: got %v", match)
	}
	if same := s.json(post, "/v1/wishes:match", `{"text":"下雨了，想要一把雨傘"}`); fmt.Sprint(same) != fmt.Sprint(match) {
		t.Errorf("the match of the text: got %v", same)
	}
	if got := at(s.json(post, "/v1/wishes/"+id+":withdraw", `{}`), "wish", "state"); got != "WITHDRAWN" {
		t.Errorf("withdrawn: got %v", got)
	}
	codes := `{"codes":["A-1","A-2"]}`
	if got := s.json(post, "/v1/limits/gift_cards/codes", codes); got["added"] != "2" {
		t.Errorf("the import: got %v", got)
	}
	if got := s.json(post, "/v1/limits/gift_cards/codes", codes); got["added"] != "0" || got["knownBefore"] != "2" {
		t.Errorf("the same import: got %v", got)
	}
	if got := at(s.json(get, "/v1/limits/gift_cards", ""), "stock", "capacity"); got != "2" {
		t.Errorf("the stock: got %v", got)
	}
	ticket := ""
	for i := range 4 { // there are three cups
		ticket = at(s.json(post, "/v1/waitlist", fmt.Sprintf(`{"customerId":"c-%d","template":"numbered_cup","store":"taipei-1"}`, i)), "ticket", "ticketId").(string)
	}
	if code, _, text := s.do(post, "/v1/waitlist/"+ticket+":take", "", `{"channel":"POS"}`); code != http.StatusConflict || !strings.Contains(text, "NOT_YOUR_TURN") {
		t.Errorf("the turn of the fourth: got %d, %s", code, text)
	}
	if code, _, text := s.do(get, "/v1/waitlist/c0", "", ""); code != http.StatusNotFound || !strings.Contains(text, "TICKET_NOT_FOUND") {
		t.Errorf("an unknown ticket: got %d, %s", code, text)
	}
	if got := at(s.json(post, "/v1/waitlist/"+ticket+":leave", `{}`), "ticket", "state"); got != "LEFT" {
		t.Errorf("left: got %v", got)
	}
	s.json(post, "/v1/outcomes", `{"outcomeId":"o1","customerId":"mei","kind":"RENEWAL"}`)
	if got := s.json(post, "/v1/outcomes", `{"outcomeId":"o1","customerId":"mei","kind":"RENEWAL"}`); got["replayed"] != true {
		t.Errorf("the outcome again: got %v", got)
	}
	s.json(post, "/v1/deliveries", `{"deliveryId":"d1","customerId":"mei","kind":"GIFT","channel":"POS","store":"taipei-1","staffId":"ann","walletReason":"rain","costMinor":"5000"}`)
	if got := at(s.json(get, "/v1/report/givers", ""), "givers", 0); at(got, "staffId") != "ann" || at(got, "ownIdeas") != 1.0 {
		t.Errorf("the givers: got %v", got)
	}
	if got := s.json(get, "/v1/customers/mei:export", ""); len(at(got, "claims").([]any)) != 1 || len(at(got, "outcomes").([]any)) != 1 {
		t.Errorf("the export: got %v", got)
	}
	if got := s.json(http.MethodDelete, "/v1/customers/mei", ""); got["claims"] != 1.0 {
		t.Errorf("the deletion: got %v", got)
	}
	if got := s.json(get, "/v1/customers/mei:export", ""); len(at(got, "claims").([]any)) != 0 {
		t.Errorf("the export after it: got %v", got)
	}
}

// TestWaitingListIsServed in the background: who leaves makes room for who waits.
func TestWaitingListIsServed(t *testing.T) {
	s := start(t, testServices("mem:"))
	line := surprisev1.NewInventoryServiceClient(s.conn)
	ticket, err := line.JoinWaitlist(t.Context(), &surprisev1.JoinWaitlistRequest{CustomerId: "mei", Template: "numbered_cup", Store: "taipei-1"})
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		got, err := line.GetTicket(t.Context(), &surprisev1.GetTicketRequest{TicketId: ticket.GetTicket().GetTicketId()})
		if err == nil && got.GetTicket().GetState() == surprisev1.TicketState_TURN {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("got %v, %v", got, err)
		}
	}
	offer, err := line.TakeTurn(t.Context(), &surprisev1.TakeTurnRequest{TicketId: ticket.GetTicket().GetTicketId(), Channel: surprisev1.Channel_POS})
	if err != nil || offer.GetOffer().GetTemplate() != "numbered_cup" {
		t.Errorf("got %v, %v", offer, err)
	}
}

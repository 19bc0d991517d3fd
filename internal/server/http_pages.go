package server

import (
	"context"
	"mime"
	"net/http"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

const (
	cardPath     = "/v1/claims/{claim_id=*}/card"
	postCardPath = "/v1/claims/{claim_id=*}:card"
	icsPath      = "/v1/claims/{claim_id=*}/card.ics"
	shelfPath    = "/v1/stores/{store=*}/shelf"
)

// pages answers with a card itself, to look at and to print, where a caller asks for that instead of JSON: with Accept: text/html, as browsers do, or
// with ?as=html. All else goes on to the gateway.
type pages struct {
	gateway *runtime.ServeMux // set before the first call
	cards   surprisev1.CardServiceClient
}

func newPages(client grpc.ClientConnInterface) *pages {
	return &pages{cards: surprisev1.NewCardServiceClient(client)}
}

// middleware takes the calls that ask for a page.
func (p *pages) middleware(next runtime.HandlerFunc) runtime.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request, path map[string]string) {
		pattern, _ := runtime.HTTPPattern(r.Context())
		render := p.renderer(r.Method + " " + pattern.String())
		if render == nil {
			next(w, r, path)
			return
		}
		r, as := takeAs(r)
		switch {
		case as == "json" || as == "" && !acceptsHTML(r):
			next(w, r, path)
		case as != "html" && as != "":
			refuse(w, surprise.FieldErrorf(surprise.InvalidRequest, "as", "as: %q is none of html, json", clip(as)))
		default:
			serve(w, r, path, render)
		}
	}
}

// page is a rendered card.
type page struct {
	text   string
	format surprisev1.CardFormat
}

type renderer func(r *http.Request, path map[string]string) (page, error)

func (p *pages) renderer(methodAndPath string) renderer {
	switch methodAndPath {
	case "GET " + cardPath, "POST " + postCardPath:
		return p.card
	case "GET " + shelfPath:
		return p.shelf
	}
	return nil
}

func serve(w http.ResponseWriter, r *http.Request, path map[string]string, render renderer) {
	got, err := render(r, path)
	if err != nil {
		failPage(w, err)
		return
	}
	private(w)
	// What customers and clerks wrote is escaped; should that ever fail, a browser still runs none of it.
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if got.format == surprisev1.CardFormat_TEXT {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	}
	_, _ = w.Write([]byte(got.text)) // the caller is gone if this fails
}

// failPage writes an error of the call, or of the request before it.
func failPage(w http.ResponseWriter, err error) {
	if _, ok := status.FromError(err); !ok {
		refuse(w, err)
		return
	}
	st := explained(status.Convert(err))
	writeStatus(w, st, httpStatus(st.Code()))
}

// private keeps a card out of caches, and its type what it was sent as.
func private(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
}

// printed is the format of a page where the caller does not say.
func printed(f surprisev1.CardFormat) surprisev1.CardFormat {
	if f == surprisev1.CardFormat_CARD_FORMAT_UNSPECIFIED {
		return surprisev1.CardFormat_A6
	}
	return f
}

func (p *pages) card(r *http.Request, path map[string]string) (page, error) {
	req := &surprisev1.GetCardRequest{}
	if err := readCardRequest(r, path, req); err != nil {
		return page{}, err
	}
	req.ClaimId, req.Format = path["claim_id"], printed(req.GetFormat())
	ctx, err := p.annotate(r, surprisev1.CardService_GetCard_FullMethodName)
	if err != nil {
		return page{}, err
	}
	res, err := p.cards.GetCard(ctx, req)
	return page{res.GetRendered(), req.GetFormat()}, err
}

// readCardRequest reads the body of a POST, which may have a profile, and else the query.
func readCardRequest(r *http.Request, path map[string]string, req *surprisev1.GetCardRequest) error {
	if r.Method == http.MethodGet {
		return readQuery(r, path, req)
	}
	if err := readQuery(r, path, nil); err != nil {
		return err
	}
	return readBodyInto(r, req)
}

func (p *pages) shelf(r *http.Request, path map[string]string) (page, error) {
	req := &surprisev1.GetShelfCardRequest{}
	if err := readQuery(r, path, req); err != nil {
		return page{}, err
	}
	req.Store, req.Format = path["store"], printed(req.GetFormat())
	ctx, err := p.annotate(r, surprisev1.CardService_GetShelfCard_FullMethodName)
	if err != nil {
		return page{}, err
	}
	res, err := p.cards.GetShelfCard(ctx, req)
	return page{res.GetRendered(), req.GetFormat()}, err
}

// annotate passes the caller's key and deadline on, as the gateway does.
func (p *pages) annotate(r *http.Request, method string) (context.Context, error) {
	pattern, _ := runtime.HTTPPattern(r.Context())
	return runtime.AnnotateContext(r.Context(), p.gateway, r, method, runtime.WithHTTPPathPattern(pattern.String()))
}

// calendar answers with the iCalendar file of a claim that has a booked time.
func (p *pages) calendar(w http.ResponseWriter, r *http.Request, path map[string]string) {
	ctx, err := p.annotate(r, surprisev1.CardService_GetCard_FullMethodName)
	if err != nil {
		failPage(w, err)
		return
	}
	res, err := p.cards.GetCard(ctx, &surprisev1.GetCardRequest{ClaimId: path["claim_id"], Locale: r.URL.Query().Get("locale")})
	switch {
	case err != nil:
		failPage(w, err)
	case res.GetCard().GetIcalendar() == "":
		refuse(w, surprise.FieldErrorf(surprise.SlotNotFound, "claim_id", "this claim has no booked time"))
	default:
		private(w)
		w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="surprise.ics"`)
		_, _ = w.Write([]byte(res.GetCard().GetIcalendar())) // the caller is gone if this fails
	}
}

// takeAs reads the parameter "as" and takes it off the query, so that nothing behind knows it.
func takeAs(r *http.Request) (*http.Request, string) {
	query := r.URL.Query()
	as := query.Get("as")
	if !query.Has("as") {
		return r, ""
	}
	query.Del("as")
	plain := r.Clone(r.Context())
	plain.URL.RawQuery = query.Encode()
	return plain, as
}

func acceptsHTML(r *http.Request) bool {
	for _, header := range r.Header.Values("Accept") {
		for _, part := range strings.Split(header, ",") {
			if kind, params, err := mime.ParseMediaType(part); err == nil && kind == "text/html" && params["q"] != "0" {
				return true
			}
		}
	}
	return false
}

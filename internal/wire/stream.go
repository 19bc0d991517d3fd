package wire

// StreamRequest returns the bytes of the request in an element of a stream. When ok is false, the element has none, or something else in it.
func StreamRequest(data string) (request string, ok bool) {
	f := fieldsOf(data)
	for f.next() {
		if f.key != 1<<typeBits|sized || ok {
			return "", false
		}
		request, ok = f.text(), true
	}
	return request, ok && f.done()
}

#include "api/http/message_guard.hpp"

#include <algorithm>

#include "api/http/uri.hpp"
#include "stoa/text.hpp"

namespace stoa::http {
namespace {

/// Calls `told` for each field line of a head with the offset of its name, its name and its value.
template <class F>
void each_line(std::string_view head, F told) {
  // Empty lines before the first are passed over, as the parser does.
  for (auto end = head.find('\n', head.find_first_not_of("\r\n")); end != head.npos;) {
    const auto from = end + 1;
    end = head.find('\n', from);
    auto line = head.substr(from, end == head.npos ? end : end - from);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) return;
    const auto colon = line.find(':');
    if (colon != line.npos) told(from, line.substr(0, colon), trim(line.substr(colon + 1)));
  }
}

}  // namespace

guarded_head::guarded_head(std::string_view text, std::string peer) : peer_(std::move(peer)) {
  auto line = text.substr(0, text.find('\n'));
  const auto blank = line.find(' ');
  method_ = line.substr(0, blank);
  if (blank != line.npos) target_ = line.substr(blank + 1, line.find(' ', blank + 1) - blank - 1);
  each_line(text, [&](std::size_t, std::string_view name, std::string_view value) {
    if (fields_.size() < 100) fields_.emplace_back(name, value);
  });
}

std::optional<std::string_view> guarded_head::header(std::string_view name) const {
  for (const auto& [key, value] : fields_)
    if (same_word(key, name)) return std::string_view(value);
  return std::nullopt;
}

void guarded_head::each(std::string_view name, const std::function<void(std::string_view)>& told) const {
  for (const auto& [key, value] : fields_)
    if (same_word(key, name)) told(value);
}

const http_parser_settings& message_guard::callbacks() {
  static const http_parser_settings all = [] {
    http_parser_settings s;
    http_parser_settings_init(&s);
    s.on_url = [](http_parser* p, const char*, std::size_t n) {
      auto& g = self(p);
      g.target_ += n;
      return g.target_ > g.limits_->target ? 1 : 0;
    };
    s.on_header_field = [](http_parser* p, const char* at, std::size_t n) {
      auto& g = self(p);
      // The parser lets blanks in names pass, `Host : x`; who reads them otherwise sees another message.
      if (std::string_view(at, n).find(' ') != std::string_view::npos) return 1;
      if (g.in_value_) g.name_ = 0, ++g.fields_;
      g.in_value_ = false;
      g.name_ += n;
      return g.name_ > g.limits_->field_name || g.fields_ > g.limits_->fields ? 1 : 0;
    };
    s.on_header_value = [](http_parser* p, const char*, std::size_t) {
      self(p).in_value_ = true;
      return 0;
    };
    s.on_headers_complete = [](http_parser* p) {
      self(p).in_head_ = false;
      http_parser_pause(p, 1);
      return 0;
    };
    s.on_chunk_header = [](http_parser* p) {
      auto& g = self(p);
      if (p->content_length == 0) return 0;
      if (p->content_length > g.limits_->body - g.body_ || ++g.chunks_ > g.limits_->chunks)
        g.wrong_ = verdict::too_large;
      else if (!g.all_.fits(chunk_note))
        g.wrong_ = verdict::no_room;
      else
        g.share_.grow(chunk_note);
      return g.wrong_ == verdict::pass ? 0 : 1;
    };
    s.on_body = [](http_parser* p, const char*, std::size_t n) {
      auto& g = self(p);
      g.wants_continue_ = false;
      g.body_ += n;
      if (!g.share_.has_room(n)) {
        g.wrong_ = verdict::no_room;
        return 1;
      }
      g.share_.grow(n);
      return 0;
    };
    s.on_message_complete = [](http_parser* p) {
      auto& g = self(p);
      g.complete_ = true;
      g.wants_continue_ = false;
      // The whole body is the request's from here on, and counted there.
      g.share_.end();
      http_parser_pause(p, 1);
      return 0;
    };
    return s;
  }();
  return all;
}

void message_guard::begin() {
  http_parser_init(&parser_, HTTP_REQUEST);
  parser_.data = this;
  head_.clear();
  body_ = target_ = name_ = fields_ = chunks_ = 0;
  wrong_ = verdict::pass;
  fresh_ = complete_ = wants_continue_ = false;
  in_head_ = in_value_ = true;
}

message_guard::verdict message_guard::head_complete(char* bytes, std::size_t size, const message_limits& limits) {
  if (parser_.method == HTTP_CONNECT || size > limits.head) return verdict::malformed;
  const std::string_view head(bytes, size);
  owes_host_ = parser_.http_major > 1 || (parser_.http_major == 1 && parser_.http_minor >= 1);
  if (parser_.upgrade) {
    parser_.upgrade = 0;
    each_line(head, [&](std::size_t at, std::string_view name, std::string_view) {
      if (same_word(name, "Upgrade")) bytes[at] = 'x';
    });
  }
  const bool has_length = parser_.content_length != ~std::uint64_t{0};
  if (has_length && parser_.content_length > limits.body) return verdict::too_large;
  // A small one is here at once, or nearly.
  constexpr std::uint64_t large = 64 * 1024;
  if (has_length &&
      !(parser_.content_length < large ? all_.fits(parser_.content_length) : share_.expect(parser_.content_length)))
    return verdict::no_room;
  const bool has_body = (has_length && parser_.content_length > 0) || (parser_.flags & F_CHUNKED);
  if (has_body) head_ = head;
  if (has_body && owes_host_)
    each_line(head, [&](std::size_t, std::string_view name, std::string_view value) {
      if (same_word(name, "Expect") && same_word(value, "100-continue")) wants_continue_ = true;
    });
  return verdict::pass;
}

message_guard::step message_guard::follow(char* bytes, std::size_t followed, std::size_t size,
                                          const message_limits& limits) {
  if (fresh_) begin();
  limits_ = &limits;
  step s;
  s.followed = followed;
  while (s.followed < size && !complete_) {
    const bool was_in_head = in_head_;
    s.followed += http_parser_execute(&parser_, &callbacks(), bytes + s.followed, size - s.followed);
    const auto error = HTTP_PARSER_ERRNO(&parser_);
    if (error != HPE_OK && error != HPE_PAUSED) {
      s.what = wrong_ == verdict::pass ? verdict::malformed : wrong_;
      return s;
    }
    if (error == HPE_PAUSED) http_parser_pause(&parser_, 0);
    if (was_in_head && !in_head_)
      if (s.what = head_complete(bytes, s.followed, limits); s.what != verdict::pass) return s;
  }
  if (in_head_ && s.followed > limits.head) {
    s.what = verdict::malformed;
    return s;
  }
  if (!in_head_) s.cleared = s.followed;
  s.wants_continue = std::exchange(wants_continue_, false);
  if (complete_) fresh_ = true, in_head_ = true;
  return s;
}

}  // namespace stoa::http

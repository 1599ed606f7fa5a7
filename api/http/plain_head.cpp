#include "api/http/plain_head.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "api/http/message_guard.hpp"
#include "api/http/uri.hpp"

namespace stoa::http {
namespace {

constexpr std::array<bool, 256> table_of(std::string_view signs) {
  std::array<bool, 256> out{};
  for (const char c : signs) out[static_cast<unsigned char>(c)] = true;
  return out;
}
constexpr auto in_name = table_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

/// Whether all are signs from the blank to the tilde; eight at a time, since tokens and cookies are long.
bool printable(std::string_view text) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101u;
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t eight;
    std::memcpy(&eight, text.data() + i, 8);
    // The high bit of a byte is set below a blank, for the sign behind the tilde, and beyond ASCII.
    if (((eight - ones * 0x20) | (eight + ones) | eight) & (ones * 0x80)) return false;
  }
  for (; i < text.size(); ++i)
    if (text[i] < 0x20 || text[i] > 0x7E) return false;
  return true;
}

/// Takes up to `end` from the front of `rest`, and `end` with it; false where it is not there.
bool take(std::string_view& rest, char end, std::string_view& taken) {
  const auto at = rest.find(end);
  if (at == rest.npos) return false;
  taken = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  return true;
}

bool ordinary_method(std::string_view m) {
  return m == "GET" || m == "POST" || m == "PUT" || m == "PATCH" || m == "DELETE" || m == "HEAD";
}

/// Whether a field leaves the message what it is without it: no body, no other protocol, the connection kept.
bool changes_nothing(std::string_view name, std::string_view value, bool& length_told) {
  switch (name.size()) {
    case 6:
      return !same_word(name, "Expect");
    case 7:
      return !same_word(name, "Upgrade");
    case 10:
      return !same_word(name, "Connection") || same_word(value, "keep-alive");
    case 14:
      return !same_word(name, "Content-Length") || (value == "0" && !std::exchange(length_told, true));
    case 16:
      return !same_word(name, "Proxy-Connection");
    case 17:
      return !same_word(name, "Transfer-Encoding");
    default:
      return true;
  }
}

}  // namespace

std::unique_ptr<const plain_head> plain_head::read(std::string_view message, const message_limits& limits) {
  if (!message.ends_with("\r\n\r\n") || message.size() > limits.head ||
      message.size() > std::numeric_limits<std::uint16_t>::max())
    return nullptr;
  auto head = std::make_unique<plain_head>();
  head->text_ = message;
  if (!head->read_lines(limits)) return nullptr;
  return head;
}

bool plain_head::read_lines(const message_limits& limits) {
  std::string_view rest = text_, method, target, line;
  const auto span_of = [this](std::string_view s) {
    return span{static_cast<std::uint16_t>(s.data() - text_.data()), static_cast<std::uint16_t>(s.size())};
  };
  if (!take(rest, ' ', method) || !ordinary_method(method)) return false;
  if (!take(rest, ' ', target) || !target.starts_with('/') || target.size() > limits.target) return false;
  if (!printable(target) || target.find('#') != target.npos) return false;
  if (!take(rest, '\n', line) || line != "HTTP/1.1\r") return false;
  method_ = span_of(method);
  target_ = span_of(target);
  bool length_told = false;
  while (take(rest, '\n', line)) {
    if (!line.ends_with('\r')) return false;
    line.remove_suffix(1);
    if (line.empty()) return rest.empty();
    const auto colon = line.find(':');
    if (colon == line.npos || colon == 0 || count_ == std::min(most_fields, limits.fields)) return false;
    const auto name = line.substr(0, colon);
    if (name.size() > limits.field_name) return false;
    for (const char c : name)
      if (!in_name[static_cast<unsigned char>(c)]) return false;
    auto value = line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (value.empty() || value.front() == ' ' || value.back() == ' ' || !printable(value)) return false;
    if (!changes_nothing(name, value, length_told)) return false;
    fields_[count_++] = {span_of(name), span_of(value)};
  }
  return false;
}

std::optional<std::string_view> plain_head::header(std::string_view name) const noexcept {
  for (std::size_t i = 0; i < count_; ++i)
    if (same_word(at(fields_[i].name), name)) return at(fields_[i].value);
  return std::nullopt;
}

void plain_head::each(std::string_view name, const std::function<void(std::string_view)>& told) const {
  for (std::size_t i = 0; i < count_; ++i)
    if (same_word(at(fields_[i].name), name)) told(at(fields_[i].value));
}

}  // namespace stoa::http

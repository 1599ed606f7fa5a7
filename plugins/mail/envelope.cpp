#include "envelope.hpp"

#include <algorithm>
#include <cstdint>

#include "stoa/crypto.hpp"
#include "stoa/ids.hpp"
#include "stoa/text.hpp"

namespace stoa_plugin::mail {

namespace {

/// An encoded word has 75 characters at most, of which 12 are its frame: 60 of base64 are 45 bytes.
constexpr std::size_t word_bytes = 45;
/// Longer ASCII is folded, too.
constexpr std::size_t plain_header = 200;

std::string base64(std::string_view bytes) {
  auto out = stoa::base64url(bytes);
  std::replace(out.begin(), out.end(), '-', '+');
  std::replace(out.begin(), out.end(), '_', '/');
  out.resize((out.size() + 3) / 4 * 4, '=');
  return out;
}

bool plain(std::string_view text) {
  return text.size() <= plain_header && text.find("=?") == text.npos &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

bool begins_code_point(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

std::string encoded_words(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    auto n = std::min(word_bytes, text.size());
    while (n < text.size() && n > 1 && !begins_code_point(text[n])) --n;
    if (!out.empty()) out += "\r\n ";
    out += "=?UTF-8?B?" + base64(text.substr(0, n)) + "?=";
    text.remove_prefix(n);
  }
  return out;
}

std::string network_lines(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 32);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) out += '\r';
    out += text[i];
  }
  return out;
}

std::string two(unsigned n) { return {static_cast<char>('0' + n / 10 % 10), static_cast<char>('0' + n % 10)}; }

stoa::fault not_one_line(const char* field) {
  return stoa::fault::field(field, "Expected one line without control characters.");
}

}  // namespace

std::string mailbox::host() const {
  const auto at = address.rfind('@');
  return at == address.npos ? std::string() : address.substr(at + 1);
}

bool sendable_address(std::string_view address) {
  return stoa::looks_like_email(address) && address.find_first_of("<>()[]\\,;:\"") == address.npos;
}

stoa::result<mailbox> parse_mailbox(std::string_view text) {
  mailbox out;
  text = stoa::trim(text);
  const auto open = text.rfind('<');
  if (open != text.npos && text.ends_with('>')) {
    auto name = stoa::trim(text.substr(0, open));
    if (name.size() > 1 && name.starts_with('"') && name.ends_with('"')) name = name.substr(1, name.size() - 2);
    out.name = name;
    out.address = stoa::trim(text.substr(open + 1, text.size() - open - 2));
  } else {
    out.address = text;
  }
  if (!sendable_address(out.address) || stoa::has_control(out.name))
    return stoa::fault::field("from", "Expected an address, or `Name <address>`.");
  return out;
}

std::string header_text(std::string_view text) { return plain(text) ? std::string(text) : encoded_words(text); }

std::string header_mailbox(const mailbox& m) {
  if (m.name.empty()) return m.address;
  std::string name;
  if (plain(m.name)) {
    name = "\"";
    for (const char c : m.name) {
      if (c == '"' || c == '\\') name += '\\';
      name += c;
    }
    name += '"';
  } else {
    name = encoded_words(m.name);
  }
  return name + " <" + m.address + ">";
}

std::string header_date(stoa::timestamp at) {
  constexpr const char* weekdays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{std::chrono::floor<std::chrono::seconds>(at - day)};
  return std::string(weekdays[std::chrono::weekday(day).c_encoding()]) + ", " + two(static_cast<unsigned>(date.day())) +
         " " + months[static_cast<unsigned>(date.month()) - 1] + " " + std::to_string(static_cast<int>(date.year())) +
         " " + two(static_cast<unsigned>(time.hours().count())) + ":" +
         two(static_cast<unsigned>(time.minutes().count())) + ":" + two(static_cast<unsigned>(time.seconds().count())) +
         " +0000";
}

std::string message_id(std::string_view id, std::string_view host) {
  return "<" + stoa::uuid::from_name("mail " + std::string(id)).str() + "@" + std::string(host) + ">";
}

stoa::result<outgoing> compose(const mailbox& from, const mailbox& to, const letter& words, std::string_view id,
                               stoa::timestamp at) {
  if (!sendable_address(to.address)) return stoa::fault::field("to", "Enter a valid email address.");
  if (stoa::has_control(to.name)) return not_one_line("to_name");
  if (words.subject.empty() || stoa::has_control(words.subject)) return not_one_line("subject");
  outgoing out;
  out.from = from.address;
  out.to = to.address;
  out.headers = {"From: " + header_mailbox(from),
                 "To: " + header_mailbox(to),
                 "Subject: " + header_text(words.subject),
                 "Date: " + header_date(at),
                 "Message-ID: " + message_id(id, from.host()),
                 "Auto-Submitted: auto-generated"};
  out.text = network_lines(words.text);
  out.html = network_lines(words.html);
  return out;
}

std::string masked(std::string_view address) {
  const auto at = address.rfind('@');
  if (at == address.npos || at == 0) return "***";
  std::size_t first = 1;
  while (first < at && !begins_code_point(address[first])) ++first;
  return std::string(address.substr(0, first)) + "***" + std::string(address.substr(at));
}

}  // namespace stoa_plugin::mail

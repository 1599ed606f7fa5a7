#include "certificate_rules.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include "stoa/crypto.hpp"
#include "stoa/text.hpp"

namespace stoa_plugin::certificates {

using stoa::fault;
using stoa::fault_kind;
using stoa::result;

namespace {

constexpr std::string_view letters = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::size_t code_length = 25, group_length = 5;

std::string joined(const std::string& first, const std::string& last) {
  return first.empty() || last.empty() ? first + last : first + " " + last;
}

/// 0 to 1; what cannot be read counts as asked for.
double weight_of(std::string_view parameters) {
  const auto at = parameters.find("q=");
  if (at == parameters.npos) return 1;
  const auto text = stoa::trim(parameters.substr(at + 2, parameters.find(';', at) - at - 2));
  double q = 1;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), q);
  return read.ec == std::errc() ? std::clamp(q, 0.0, 1.0) : 1;
}

}  // namespace

result<certificate> drawn_up(const stoa::enrollment& e, const stoa::course& c, const stoa::account& who,
                             stoa::timestamp now) {
  if (!c.certificate_included)
    return fault{fault_kind::rejected, "CERTIFICATE_NOT_OFFERED", "This course comes without a certificate."};
  if (!e.completed_at && !progress_of(e, c).completed)
    return fault{fault_kind::rejected, "COURSE_NOT_COMPLETED", "Complete every lesson of the course first."};
  certificate out;
  out.student_name = who.full_name();
  if (!stoa::shows_something(out.student_name)) out.student_name = who.username;
  if (!stoa::shows_something(out.student_name))
    return fault{fault_kind::rejected, "NAME_MISSING", "Add your name to your profile first: it is written on it."};
  out.id = stoa::certificate_id::make();
  out.user = who.id;
  out.enrollment = e.id;
  out.course = c.id;
  out.course_title = c.title;
  out.instructor_name = joined(c.instructor.first_name, c.instructor.last_name);
  out.completed_at = e.completed_at.value_or(now);
  out.issued_at = now;
  return out;
}

std::string number_of(int year, std::int64_t n) {
  auto digits = std::to_string(n);
  if (digits.size() < 6) digits.insert(0, 6 - digits.size(), '0');
  return "CERT-" + std::to_string(year) + "-" + digits;
}

int year_of(stoa::timestamp t) {
  return static_cast<int>(std::chrono::year_month_day{std::chrono::floor<stoa::days>(t)}.year());
}

std::string new_code() {
  std::array<std::uint8_t, code_length> bytes{};
  stoa::random_bytes(bytes);
  std::string code;
  for (const auto b : bytes) code += letters[b % letters.size()];
  return code;
}

std::string grouped(std::string_view code) {
  std::string out;
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (i > 0 && i % group_length == 0) out += '-';
    out += code[i];
  }
  return out;
}

std::string verification_path(std::string_view code) { return "/certificates/verify/" + grouped(code); }

std::string code_typed(std::string_view text) {
  std::string out;
  for (char c : stoa::ascii_lower(text.substr(0, 100))) {
    if (c == '-' || c == ' ') continue;
    if (c == 'o') c = '0';
    if (c == 'i' || c == 'l') c = '1';
    if (letters.find(c) == letters.npos) return {};
    out += c;
  }
  return out.size() == code_length ? out : std::string();
}

bool may_see(const certificate& c, const stoa::caller& who) {
  return who.signed_in && (c.user == who.user || who.is_admin());
}

result<stoa::done> must_count(const certificate& c) {
  if (c.revoked())
    return fault{fault_kind::conflict, "CERTIFICATE_REVOKED", "This certificate was revoked and does not count."};
  return stoa::done{};
}

bool prefers_page(std::string_view accept) {
  double page = 0, json = 0;
  while (!accept.empty()) {
    const auto comma = accept.find(',');
    const auto one = accept.substr(0, comma);
    accept = comma == accept.npos ? std::string_view{} : accept.substr(comma + 1);
    const auto semicolon = one.find(';');
    const auto type = stoa::ascii_lower(stoa::trim(one.substr(0, semicolon)));
    const auto weight = semicolon == one.npos ? 1.0 : weight_of(one.substr(semicolon + 1));
    if (type == "text/html" || type == "application/xhtml+xml") page = std::max(page, weight);
    if (type == "application/json") json = std::max(json, weight);
  }
  return page > json;
}

fault unknown_certificate() {
  return {fault_kind::not_found, "CERTIFICATE_NOT_FOUND", "The requested certificate does not exist."};
}

}  // namespace stoa_plugin::certificates

#include "actors/account/mail_rules.hpp"

#include "stoa/crypto.hpp"

namespace stoa::actors::mail_rules {

const char* name_of(purpose p) { return p == purpose::reset ? "reset" : "verify"; }

std::string hash_of(const std::string& secret) { return hex(sha256(secret)); }

link_token make_token() {
  link_token t;
  t.secret = random_token(32);
  t.hash = hash_of(t.secret);
  return t;
}

std::string link(const std::string& page, const std::string& secret) {
  return page + (page.find('?') == page.npos ? "?token=" : "&token=") + secret;
}

std::string in_words(milliseconds time) {
  const auto said = [](std::int64_t n, const char* unit) {
    return std::to_string(n) + " " + unit + (n == 1 ? "" : "s");
  };
  const auto whole = std::chrono::duration_cast<seconds>(time).count();
  if (whole >= 86400 && whole % 86400 == 0) return said(whole / 86400, "day");
  if (whole >= 3600 && whole % 3600 == 0) return said(whole / 3600, "hour");
  if (whole >= 60) return said(whole / 60, "minute");
  return said(whole, "second");
}

bool may_write(std::int64_t lately, std::int64_t per_hour) { return per_hour <= 0 || lately < per_hour; }

fault dead_link() {
  return {fault_kind::rejected, "LINK_INVALID", "This link is invalid, was used already or has expired."};
}

fault no_mailer() {
  auto f = fault::unavailable("No mail can be sent at the moment.", seconds{60});
  f.code = "MAIL_UNAVAILABLE";
  return f;
}

}  // namespace stoa::actors::mail_rules

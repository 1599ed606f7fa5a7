// The rules of links that are mailed: pure functions.
#pragma once

#include <boost/describe.hpp>

#include <cstdint>
#include <string>

#include "stoa/result.hpp"
#include "stoa/time.hpp"

namespace stoa::actors::mail_rules {

/// What a link is for.
enum class purpose { reset, verify };
const char* name_of(purpose p);

/// A secret for one link, and what is kept of it.
struct link_token {
  std::string secret;  ///< 32 random bytes
  std::string hash;
};
link_token make_token();
/// What is kept of a secret that somebody brings.
std::string hash_of(const std::string& secret);

/// Where a link leads: the page with the secret behind it.
std::string link(const std::string& page, const std::string& secret);

/// How long something lasts, for people: `1 hour`, `45 minutes`, `3 days`.
std::string in_words(milliseconds time);

/// Whether one more mail may go to an account that got `lately` within the hour; 0 is no limit.
bool may_write(std::int64_t lately, std::int64_t per_hour);

/// Of a link for a new password, and of one that proves an address: used, expired, of an earlier password or made up.
fault dead_link();
/// Nobody carries mail.
fault no_mailer();

}  // namespace stoa::actors::mail_rules

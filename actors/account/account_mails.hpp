// The mails of accounts: who asked for a link gets one, by a durable job that finds out whether there is anybody to
// write to. So nothing of what is answered to who asks depends on it, the time included.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/account/accounts.hpp"
#include "actors/account/mail_rules.hpp"
#include "actors/services.hpp"
#include "actors/session/sign_in_budget.hpp"
#include "stoa/areas/mail.hpp"
#include "stoa/jobs.hpp"

namespace stoa::actors {

struct mail_options {
  milliseconds reset_life = hours{1};
  milliseconds verification_life = days{3};
  bool verify_at_registration = true;
  std::string reset_page, verify_page;   ///< where links lead; empty: the server's own pages
  std::int64_t asked_per_address = 0;    ///< within an hour, by one client's address; 0 is no limit
  std::int64_t written_per_account = 0;  ///< within an hour, for each purpose; 0 is no limit
};

/// Somebody asked for a new password of whoever has that address.
struct reset_asked {
  static constexpr std::string_view kind = "accounts.reset_mail";
  std::string email;
};
BOOST_DESCRIBE_STRUCT(reset_asked, (), (email))

/// Somebody shall prove their address.
struct verification_asked {
  static constexpr std::string_view kind = "accounts.verification_mail";
  user_id user;
};
BOOST_DESCRIBE_STRUCT(verification_asked, (), (user))

/// What a good link for a new password stands for.
struct good_reset {
  user_id user;
  std::string email_key;
  password_proof proof;
};

class account_mails {
 public:
  account_mails(services& s, mail_options options);

  /// Promises a mail to whoever has that address; MAIL_UNAVAILABLE, RATE_LIMIT_EXCEEDED of the client's address.
  task<done> ask_reset(std::string email, std::string client);
  /// LINK_INVALID where the secret is none.
  task<good_reset> find_reset(std::string secret);
  task<done> ask_verification(user_id user);
  task<done> verify(std::string secret);
  task<email_state> state_of(user_id user);

  /// The jobs of a registration: a mail that proves the address, where such are sent.
  job_rows at_registration(user_id user, timestamp now) const;
  /// What does the jobs.
  std::vector<job_worker> workers();
  /// The server's own address, for links to its own pages.
  void set_own_address(std::function<std::string()> own) { own_address_ = std::move(own); }
  void forget(timestamp now) { asked_.forget(now); }

 private:
  struct letter_to;
  std::shared_ptr<mailer> carrier() const { return services_.areas.find<mailer>(); }
  task<done> promise(job_rows jobs);
  task<done> write(mail_rules::purpose what, const statement* find, values whom, uuid request);
  std::string page_of(mail_rules::purpose what) const;

  services& services_;
  const mail_options options_;
  std::function<std::string()> own_address_;
  hourly_budget<std::string> asked_;  ///< by address of the client
};

}  // namespace stoa::actors

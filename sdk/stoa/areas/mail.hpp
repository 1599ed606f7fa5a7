// Mail: how the core and plugins write to people. Whoever offers `mailer` sends it (`plugins/mail` does).
//
// A mail without secrets is promised inside the transaction that it follows from, and goes out after it:
//
//   queue_mail(db, letter, now);
//
// One with a secret in it (a link that opens something) must not lie in the table of jobs: a job of the sender's own
// knows whom to write to, makes the secret when it is done, and awaits `deliver`.
#pragma once

#include <boost/describe.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "stoa/db.hpp"
#include "stoa/jobs.hpp"
#include "stoa/registry.hpp"
#include "stoa/task.hpp"
#include "stoa/time.hpp"

namespace stoa {

namespace areas {
inline constexpr area mail{"mail", 1};
}

/// What a template calls `{{name}}`. The value is plain text: the HTML part escapes it.
struct mail_variable {
  std::string name;
  std::string value;
};
BOOST_DESCRIBE_STRUCT(mail_variable, (), (name, value))

/// One mail to one person. Either `template_name` with `variables`, or `subject`, `text` and, where wanted, `html`.
struct mail {
  static constexpr std::string_view kind = "mail.send";
  /// Names it among all mails: what went out under this id is not sent again. Its Message-ID is made of it. Empty in a
  /// queued mail: the job's id.
  std::string id;
  std::string to;       ///< the address alone
  std::string to_name;  ///< as it is shown; may be empty
  std::string template_name;
  std::vector<mail_variable> variables;
  std::string subject;
  std::string text;
  std::string html;
};
BOOST_DESCRIBE_STRUCT(mail, (), (id, to, to_name, template_name, variables, subject, text, html))

/// The point at which mail leaves. Offered by a plugin, so it may not be there: look it up whenever it is needed.
class mailer {
 public:
  static constexpr interface_id interface { areas::mail, "mailer" };
  virtual ~mailer();

  /// Hands the mail over to whoever carries it; it has gone out when this ends well. For the work of a job: `rejected`
  /// and `invalid` faults are for good (the address is refused, the template lacks a variable, a line break in what
  /// becomes a header), `unavailable` ones come again (greylisting, no connection). Any thread; takes seconds, never
  /// more than two minutes: the lease of such a job is longer.
  virtual task<done> deliver(mail m) = 0;
};

/// Promises a mail inside a transaction; a mail with an id is queued once. It holds no secret: it is kept as it is
/// until it was sent, and for a week after where it has an id. The sender looks for it by itself.
void queue_mail(connection& db, const mail& m, timestamp now);

}  // namespace stoa

// Mail over SMTP: libcurl on a few threads of its own.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "envelope.hpp"
#include "stoa/task.hpp"

namespace stoa_plugin::mail {

enum class smtp_security {
  none,
  starttls,  ///< demanded: a server that offers none gets no mail
  tls,       ///< from the first byte
};

struct smtp_options {
  std::string host;
  int port = 587;
  smtp_security security = smtp_security::starttls;
  std::string username, password;                  ///< empty: no AUTH
  std::string ca_file;                             ///< empty: the machine's authorities
  std::string hello;                               ///< whom we say we are
  bool allow_private = false;                      ///< whether the server may have an address that is not public
  stoa::milliseconds timeout = stoa::seconds{30};  ///< for a whole mail, and as long may it wait before
  std::size_t connections = 2;                     ///< mails on their way at once
  std::size_t queue = 256;                         ///< mails that wait for one; more come again later
};

/// What an attempt came to, of what libcurl says and of the server's last answer. Good; `rejected` where the server
/// refused this mail for good; `unavailable` where it may go later: greylisting, no connection, and all that an
/// operator can mend (a wrong password, no TLS), since no mail shall be lost by that.
stoa::result<stoa::done> outcome_of(int curl_code, long reply, const std::string& detail);

/// Thread-safe.
class smtp_sender {
 public:
  explicit smtp_sender(smtp_options options);
  /// Stops.
  ~smtp_sender();

  /// Ends when the server has taken it, as `outcome_of` says. The coroutine goes on on a thread of the sender.
  stoa::task<stoa::done> send(outgoing m);
  /// Breaks off what is on its way and joins the threads; what waits ends with `unavailable`. Idempotent.
  void stop();

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace stoa_plugin::mail

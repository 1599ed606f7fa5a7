// The mailer: words from templates, each mail once, to whichever transport the settings name.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "envelope.hpp"
#include "stoa/areas/mail.hpp"
#include "stoa/db.hpp"
#include "stoa/log.hpp"
#include "stoa/purge.hpp"
#include "templates.hpp"

namespace stoa_plugin::mail {

/// How a composed mail leaves. Faults as those of `mailer::deliver`.
class transport {
 public:
  virtual ~transport() = default;
  virtual stoa::task<stoa::done> carry(const letter& words, outgoing m) = 0;
  virtual void stop() {}
};

/// Writes mails to the log: in development with their text, so that links can be followed; in production nothing that
/// somebody could use, since logs are read by many.
class log_transport final : public transport {
 public:
  log_transport(stoa::logger& log, bool production) : log_(log), production_(production) {}
  stoa::task<stoa::done> carry(const letter& words, outgoing m) override;

 private:
  stoa::logger& log_;
  const bool production_;
};

struct post_office_options {
  mailbox from;
  templates known;
};

/// Thread-safe. What went out is kept by its id, so that a job which comes again sends nothing twice. Between the
/// server's answer and that row lies the one moment in which a process can die and the mail be sent once more, under
/// the same Message-ID.
class post_office final : public stoa::mailer {
 public:
  post_office(stoa::database& db, const stoa::clock& time, stoa::logger& log, std::unique_ptr<transport> by,
              post_office_options options);

  stoa::task<stoa::done> deliver(stoa::mail m) override;
  /// Forgets what went out before then.
  stoa::task<std::int64_t> forget(stoa::timestamp before, stoa::purge_options how);
  void stop() { by_->stop(); }

 private:
  stoa::result<letter> words_of(const stoa::mail& m) const;

  stoa::database& db_;
  const stoa::clock& time_;
  stoa::logger& log_;
  const std::unique_ptr<transport> by_;
  const post_office_options options_;
};

}  // namespace stoa_plugin::mail

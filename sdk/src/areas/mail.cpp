#include "stoa/areas/mail.hpp"

namespace stoa {

mailer::~mailer() = default;

void queue_mail(connection& db, const mail& m, timestamp now) {
  job_rows promised(now);
  promised.add(m, microseconds{0}, m.id);
  db.run(queue_jobs, {promised});
}

}  // namespace stoa

#include "runtime/store/session.hpp"

#include <poll.h>

#include "runtime/store/session_impl.hpp"

namespace stoa::runtime {

session::session(const std::string& conninfo, session_watch& watch, stoa::metrics* meters, bool resets) {
  try {
    impl_ = std::make_unique<impl>(conninfo, watch, meters, resets);
  } catch (const soci::soci_error& e) {
    throw sql_error("08001", e.what(), "", "connect", true);
  }
}
session::~session() = default;

bool session::alive() noexcept {
  PGconn* conn = *impl_->conn;
  if (PQstatus(conn) != CONNECTION_OK) return false;
  pollfd p{PQsocket(conn), POLLRDHUP, 0};
  return ::poll(&p, 1, 0) <= 0;
}

rows session::run(const statement& s, const values& v) {
  prepared* p = &impl_->prepare_or_throw(s);
  impl_->bind(*p, s, v);
  const auto started = steady::now();
  try {
    const waiting w{impl_->watch};
    p->handle.execute(false);
  } catch (const soci::soci_error& e) {
    if (p->errors) p->errors->add();
    const sql_error error = impl_->error_of(s.name, e, p->result->get_result());
    p->result->reset();
    if (error.stale_plan())
      impl_->forget(s);
    else
      impl_->after_failure(*p);
    throw error;
  } catch (const std::exception&) {
    throw impl::broken_off(s.name);
  }
  if (p->seconds_taken) p->seconds_taken->observe(seconds_since(started));
  try {
    rows found;
    const PGresult* r = p->result->get_result();
    if (PQntuples(r) > 0) found = rows(std::make_shared<compact_rows>(r));
    p->result->reset();
    impl_->trim(*p);
    return found;
  } catch (const std::exception&) {
    throw impl::broken_off(s.name);  // it may be committed, and cannot be told
  }
}

void session::commit() {
  const auto started = steady::now();
  impl_->command("COMMIT", "COMMIT");
  if (impl_->commit_seconds) impl_->commit_seconds->observe(seconds_since(started));
}

bool session::rollback() noexcept {
  try {
    impl_->command("ROLLBACK", "ROLLBACK");
    return true;
  } catch (...) {
    return false;
  }
}

}  // namespace stoa::runtime

#include "runtime/store/plain.hpp"

#include <libpq-fe.h>

#include <string_view>

#include "stoa/db.hpp"

namespace stoa::runtime {

namespace {

std::string trimmed(const char* text) {
  std::string s = text ? text : "";
  while (!s.empty() && (s.back() == '\n' || s.back() == ' ')) s.pop_back();
  return s;
}

}  // namespace

bool may_pass(const db_error& failure) {
  const auto state = failure.sqlstate();
  if (!state.empty() && !state.starts_with("08") && !state.starts_with("57P")) return false;
  if (state.starts_with("57P")) return true;  // it is being stopped or started
  const std::string_view said = failure.what();
  const auto says = [&](std::string_view words) { return said.find(words) != std::string_view::npos; };
  for (const auto* passing :
       {"starting up", "shutting down", "recovery mode", "not yet accepting", "too many", "slots"})
    if (says(passing)) return true;
  for (const auto* lasting : {"FATAL:", "certificate", "SSL error", "sslmode", "does not support SSL",
                              "no password supplied", "invalid ", "private key"})
    if (says(lasting)) return false;
  return true;
}

struct plain_connection::impl {
  explicit impl(const std::string& conninfo) : conn(PQconnectdb(conninfo.c_str()), PQfinish) {
    if (PQstatus(conn.get()) != CONNECTION_OK) throw db_error("08001", trimmed(PQerrorMessage(conn.get())));
    PQsetNoticeProcessor(
        conn.get(), [](void*, const char*) {}, nullptr);
  }

  table read(PGresult* raw) {
    const std::unique_ptr<PGresult, void (*)(PGresult*)> r{raw, PQclear};
    const auto status = PQresultStatus(raw);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY) {
      const char* state = PQresultErrorField(raw, PG_DIAG_SQLSTATE);
      throw db_error(state ? state : "08006", trimmed(raw ? PQresultErrorMessage(raw) : PQerrorMessage(conn.get())));
    }
    table rows(static_cast<std::size_t>(PQntuples(raw)));
    for (int i = 0; i < PQntuples(raw); ++i)
      for (int k = 0; k < PQnfields(raw); ++k)
        rows[static_cast<std::size_t>(i)].push_back(
            PQgetisnull(raw, i, k) ? std::nullopt : std::optional<std::string>(PQgetvalue(raw, i, k)));
    return rows;
  }

  std::unique_ptr<PGconn, void (*)(PGconn*)> conn;
};

plain_connection::plain_connection(const std::string& conninfo) : impl_(std::make_unique<impl>(conninfo)) {}
plain_connection::~plain_connection() = default;

plain_connection::table plain_connection::run(const std::string& sql) {
  return impl_->read(PQexec(impl_->conn.get(), sql.c_str()));
}

plain_connection::table plain_connection::run(const std::string& sql, const std::vector<std::string>& bound) {
  std::vector<const char*> texts;
  for (const auto& b : bound) texts.push_back(b.c_str());
  return impl_->read(PQexecParams(impl_->conn.get(), sql.c_str(), static_cast<int>(texts.size()), nullptr, texts.data(),
                                  nullptr, nullptr, 0));
}

void plain_connection::look_at(const std::string& sql) {
  impl_->read(PQprepare(impl_->conn.get(), "", sql.c_str(), 0, nullptr));
}

bool plain_connection::in_transaction() const {
  const auto now = PQtransactionStatus(impl_->conn.get());
  return now == PQTRANS_INTRANS || now == PQTRANS_INERROR;
}

std::string plain_connection::identifier(const std::string& name) const {
  const std::unique_ptr<char, void (*)(void*)> quoted{PQescapeIdentifier(impl_->conn.get(), name.data(), name.size()),
                                                      PQfreemem};
  if (!quoted) throw db_error("22021", trimmed(PQerrorMessage(impl_->conn.get())));
  return quoted.get();
}

}  // namespace stoa::runtime

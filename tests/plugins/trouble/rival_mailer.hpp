// The point at which mail leaves, offered beside the mail plugin: who is asked is the settings' business.
#pragma once

#include <memory>
#include <utility>

#include "run_faults.hpp"
#include "stoa/areas/mail.hpp"

namespace stoa_plugin::trouble {

/// Takes every mail and counts it as `mail`.
class rival_mailer final : public stoa::mailer {
 public:
  explicit rival_mailer(std::shared_ptr<current_fault> fault) : fault_(std::move(fault)) {}
  stoa::task<stoa::done> deliver(stoa::mail) override {
    fault_->pass("mail");
    co_return stoa::done{};
  }

 private:
  std::shared_ptr<current_fault> fault_;
};

}  // namespace stoa_plugin::trouble

//! Why a block, a witness or an input is refused: one reason per rule, with the names that the host uses.

macro_rules! reasons {
    ($($variant:ident = $name:literal,)*) => {
        /// One per rule of the contract.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Reason { $(#[doc = $name] $variant,)* }

        impl Reason {
            /// The name of the rule, the same as on the host.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

reasons! {
    MalformedInput = "malformed_input",
    MissingNode = "missing_node",
    MissingCode = "missing_code",
    MissingHeader = "missing_header",
    ParentHeaderMissing = "parent_header_missing",
    ParentHeaderWrong = "parent_header_wrong",
    HeadersNotContiguous = "headers_not_contiguous",
    MalformedHeader = "malformed_header",
    MalformedNode = "malformed_node",
    BlockHashWrong = "block_hash_wrong",
    VersionedHashesWrong = "versioned_hashes_wrong",
    TransactionEmpty = "transaction_empty",
    TransactionMalformed = "transaction_malformed",
    ChainUnknown = "chain_unknown",
    ForkWrong = "fork_wrong",
    ForkUnsupported = "fork_unsupported",
    BlockNumberWrong = "block_number_wrong",
    TimestampWrong = "timestamp_wrong",
    GasLimitWrong = "gas_limit_wrong",
    GasUsedAboveLimit = "gas_used_above_limit",
    BaseFeeWrong = "base_fee_wrong",
    ExcessBlobGasWrong = "excess_blob_gas_wrong",
    BlockTooLarge = "block_too_large",
    SignatureWrong = "signature_wrong",
    TransactionInvalid = "transaction_invalid",
    SystemCallFailed = "system_call_failed",
    DepositLogMalformed = "deposit_log_malformed",
    GasUsedWrong = "gas_used_wrong",
    BlobGasUsedWrong = "blob_gas_used_wrong",
    ReceiptsRootWrong = "receipts_root_wrong",
    LogsBloomWrong = "logs_bloom_wrong",
    RequestsHashWrong = "requests_hash_wrong",
    StateRootWrong = "state_root_wrong",
    // What this guest refuses although the rules allow it; no chain reaches it.
    BeyondRange = "beyond_range",
}

impl core::fmt::Display for Reason {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str(self.name())
    }
}

impl core::error::Error for Reason {}
impl revm::database_interface::DBErrorMarker for Reason {}

/// Most functions here end in a value or in the rule that is broken.
pub type Judged<T> = Result<T, Reason>;

// Type-checked with the adapters: without it a file that canImport left out would pass unseen.
let allThere: [Any.Type] = [
    KeychainSecretStore.self, SecureEnclaveKey.self, BiometricEnclaveKey.self, UnifiedLog.self,
    BackgroundRefresh.self, NotificationService.self, ApplicationTime.self, PhoneSpeechRecogniser.self,
    URLSessionSpeechTransport.self, PhoneNetwork.self,
]
